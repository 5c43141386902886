import { beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { DatabaseOptions } from '#database';
import { FORGET_FILES } from './jobs/forgetting.js';
import { Operations, type OperationsOptions } from './operations.js';
import { addJobs, addOthers, RECORDS, records } from './records.double.js';
import { WEBHOOKS } from './webhooks/deliveries.js';

/**
 * What version 0.1.0 kept in its read model, moved, in every database. `newPlace` names an empty one; the former place has the
 * tables of this library, because these have the form that they had there.
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

  test('comes as it was, is gone where it was, and stays through more starts', async () => {
    for (const rows of Object.values(was)) expect(rows.length).toBeGreaterThan(0);
    expect(await taken()).toEqual(was);
    expect(await within(former, records)).toEqual(none);
    expect(await taken()).toEqual(was);
  });

  test('comes with how far webhooks were, and up to where erasures had been carried out', async () => {
    await taken();
    await within(place, async (operations) => {
      expect(await operations.reached(WEBHOOKS)).toMatchObject({ position: 105n, store_id: 'store-1' });
      expect(await operations.reached(FORGET_FILES)).toMatchObject({ position: 41n, store_id: 'store-1' });
      const leases = operations.leases({ work: WEBHOOKS, instance: 'a', shards: 2 });
      expect((await leases.tick()).map((one) => one.checkpoint?.position)).toEqual([105n, 105n]);
    });
  });

  test('comes as a whole or not at all, and the next start tries again', async () => {
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

  test('comes once to instances that start together', async () => {
    await Promise.all(Array.from({ length: 4 }, taken));
    expect(await taken()).toEqual(was);
    expect(await within(former, records)).toEqual(none);
  });

  test('does not come back once it is here, wherever an older copy of it turns up', async () => {
    await taken();
    await within(place, ({ jobs }) => jobs.remove('export-done'));
    const now = await within(place, records);
    await within(former, async (model) => {
      await addJobs(model, 'Old');
      await addOthers(model);
    });
    expect(await taken()).toEqual(now);
  });

  test('is nothing where no such version was', async () => {
    expect(await within({ ...place, former: newPlace() }, records)).toEqual(none);
    // and comes all the same when it turns up later
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
