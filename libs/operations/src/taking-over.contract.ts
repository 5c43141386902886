import { beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { DatabaseOptions } from '#database';
import { FORGET_FILES } from './jobs/forgetting.js';
import { Operations, type OperationsOptions } from './operations.js';
import { addJobs, addOthers, RECORDS, records } from './records.double.js';
import { WEBHOOKS } from './webhooks/deliveries.js';

/**
 * The contract of the move of version 0.1.0's records out of its read model. `newPlace` names an empty database; the
 * former one gets the tables of this library, whose form has not changed.
 */
export function takingOverContract(newPlace: () => DatabaseOptions): void {
  let former: DatabaseOptions;
  let place: DatabaseOptions;
  let was: Record<string, string[]>;

  beforeEach(async () => {
    [former, place] = [newPlace(), newPlace()];
    was = await within(former, async (model) => {
      await addJobs(model);
      await addOthers(model);
      await checkpoint(model, 'projector', [41n, 107n]);
      await checkpoint(model, WEBHOOKS, [105n]);
      return records(model);
    });
  });

  const taken = () => within({ ...place, former }, records);
  const none = Object.fromEntries(RECORDS.map((table) => [table, []]));

  test('moves unchanged, leaves the former place empty, and stays through more starts', async () => {
    for (const rows of Object.values(was)) expect(rows.length).toBeGreaterThan(0);
    expect(await taken()).toEqual(was);
    expect(await within(former, records)).toEqual(none);
    expect(await taken()).toEqual(was);
  });

  test('brings the checkpoints of webhooks and of erasures along', async () => {
    await taken();
    await within(place, async (operations) => {
      expect(await operations.reached(WEBHOOKS)).toMatchObject({ position: 105n, store_id: 'store-1' });
      expect(await operations.reached(FORGET_FILES)).toMatchObject({ position: 41n, store_id: 'store-1' });
      const leases = operations.leases({ work: WEBHOOKS, instance: 'a', shards: 2 });
      expect((await leases.tick()).map((one) => one.checkpoint?.position)).toEqual([105n, 105n]);
    });
  });

  test('moves as a whole or not at all, and the next start tries again', async () => {
    // jobs are copied by the time this is found out
    const rename = (from: string, to: string) =>
      within(former, ({ db }) => db.schema.alterTable('webhooks').renameColumn(from, to).execute());
    await rename('secret', 'other');
    await expect(taken()).rejects.toThrow('secret');
    expect(await within(place, records)).toEqual(none);
    await rename('other', 'secret');
    expect(await within(former, records)).toEqual(was);
    expect(await taken()).toEqual(was);
  });

  test('moves once when several instances start together', async () => {
    await Promise.all(Array.from({ length: 4 }, taken));
    expect(await taken()).toEqual(was);
    expect(await within(former, records)).toEqual(none);
  });

  test('does not move again when an older copy turns up in the former place', async () => {
    await taken();
    await within(place, ({ jobs }) => jobs.remove('export-done'));
    const now = await within(place, records);
    await within(former, async (model) => {
      await addJobs(model, 'Old');
      await addOthers(model);
    });
    expect(await taken()).toEqual(now);
  });

  test('moves nothing when there was no such version', async () => {
    expect(await within({ ...place, former: newPlace() }, records)).toEqual(none);
    // and still moves records that turn up later
    expect(await taken()).toEqual(was);
  });
}

export async function within<T>(options: OperationsOptions, work: (operations: Operations) => Promise<T>): Promise<T> {
  const operations = await Operations.open(options);
  try {
    return await work(operations);
  } finally {
    await operations.close();
  }
}

async function checkpoint({ db }: Operations, work: string, positions: readonly bigint[]): Promise<void> {
  const shards = positions.length;
  await db.insertInto('layouts').values({ work, shards }).execute();
  for (const [shard, position] of positions.entries())
    await sql`insert into shards (work, shard, shards, token, lease_until_ms, position, store_id)
      values (${work}, ${shard}, ${shards}, 3, 0, ${String(position)}, 'store-1')`.execute(db);
}
