import { expect, test } from '@jest/globals';
import { Kysely, sql } from 'kysely';
import { type DatabaseOptions, migrate, openStorage } from '#database';
import { within } from '../taking-over.contract.js';
import { start } from './0001-start.js';

const AT = '2026-03-01T10:00:00.000Z';

/** The contract of records that were made before items had tokens. `newPlace` names an empty database. */
export function queueMigrationContract(newPlace: () => DatabaseOptions): void {
  test('jobs and webhooks of the former form go on, and former senders find no shards', async () => {
    const place = newPlace();
    await former(place);
    await within(place, async (operations) => {
      const holder = { instance: 'a', lease_ms: 60_000 };
      const [job] = await operations.jobs.queue(holder).claim(2);
      expect(job).toMatchObject({ id: 'j1', owner: 'a', token: 1 });
      const [webhook] = await operations.deliveries.queue(holder, () => AT).claim(2);
      expect(webhook).toMatchObject({ id: 'wh_1', owner: 'a', token: 1 });
      expect(await operations.deliveries.due('wh_1', AT, 2)).toMatchObject([{ id: 'whs_1' }]);
      const shards = await operations.db.selectFrom('shards').select('work').execute();
      expect(shards).toEqual([{ work: 'webhooks' }]);
    });
  });
}

async function former(place: DatabaseOptions): Promise<void> {
  const storage = openStorage(place, { personal: [], isRebuildable: false });
  const db = new Kysely<unknown>({ dialect: storage.dialect });
  await migrate(db, storage, { '0001-start': start(storage.words) });
  await sql`insert into jobs values ('j1', 'action', 'T', 'open', 'app', 'v-1', ${AT}, ${AT}, '2999-01-01T00:00:00.000Z',
    1, 0, 0, 0, '{}', '{}', 'old', 1)`.execute(db);
  await sql`insert into webhooks (id, target_url, events, secret, is_active, since, created_at)
    values ('wh_1', 'https://x.org/', '[]', 's', 1, '0', ${AT})`.execute(db);
  await sql`insert into webhook_deliveries
    (id, webhook_id, news_id, type, customer_id, revision, place, state, attempts, created_at, due_at)
    values ('whs_1', 'wh_1', 'evcus_1', 'T', 'cust_1', 1, '1', 'waiting', 0, ${AT}, ${AT})`.execute(db);
  for (const work of ['webhooks', 'webhook-sending'])
    await sql`insert into shards (work, shard, shards, token, lease_until_ms) values (${work}, 0, 1, 1, 0)`.execute(db);
  await db.destroy();
}
