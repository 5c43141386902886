import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Follower, type Lease, type Leases, Fenced } from '#database';
import { histories } from '../histories.double.js';
import { Log } from '../log.double.js';
import { Projector } from './projector.js';
import { clear, rows } from '../tables.double.js';
import type { ReadModel } from '../read-model.js';
import { PROJECTOR } from './work.js';
import { runs } from '../../../customer/src/runs.fixture.js';

/** The contract of sharing shards by leases on every database. */
export function leasesContract(open: () => Promise<ReadModel>): void {
  let model: ReadModel;
  beforeEach(async () => {
    model = await open();
  });
  afterEach(() => model.close());

  const leases = (instance: string, shards = 6, lease_ms = 60_000): Leases =>
    model.leases({ work: 'w', instance, shards, lease_ms });
  const numbers = (held: readonly Lease[]): number[] => held.map(({ shard }) => shard);

  test('one instance has all shards, two share them, and one that leaves gives them back', async () => {
    const [a, b] = [leases('a'), leases('b')];
    expect(numbers(await a.tick())).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await b.tick()).toEqual([]);
    const kept = numbers(await a.tick());
    const given = numbers(await b.tick());
    expect([kept.length, given.length]).toEqual([3, 3]);
    expect([...kept, ...given].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    await a.release();
    expect(numbers(await b.tick())).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('an instance whose leases expire loses its shards and cannot move a checkpoint', async () => {
    const [frozen, next] = [leases('frozen', 2, 100), leases('next', 2, 60_000)];
    const held = await frozen.tick();
    await model.db.transaction().execute((tx) => frozen.advance(tx, held, { position: 5n, store_id: 's' }));
    expect(await next.tick()).toEqual([]);
    await sleep(300);
    const taken = await next.tick();
    expect(taken.map(({ checkpoint }) => checkpoint?.position)).toEqual([5n, 5n]);
    const late = model.db.transaction().execute((tx) => frozen.advance(tx, held, { position: 9n, store_id: 's' }));
    await expect(late).rejects.toThrow(Fenced);
    expect((await model.reached('w'))?.newest).toBe(5n);
    expect(await frozen.tick()).toEqual([]);
  });

  test('an instance without shards stops at once when aborted', async () => {
    const log = new Log();
    await leases('other', 1).tick();
    const stopping = new AbortController();
    const follower = new Follower(log, leases('idle', 1), { batch_size_max: 1 });
    const running = follower.run(stopping.signal, () => Promise.reject(new Error('nothing is ours')));
    await sleep(100);
    stopping.abort();
    await running;
  });

  test('an instance that restarts under its name takes its shards at once, and the former one cannot write', async () => {
    const past = leases('a');
    const before = await past.tick();
    const again = leases('a');
    expect(numbers(await again.tick())).toEqual(numbers(before));
    const late = model.db.transaction().execute((tx) => past.advance(tx, before, { position: 1n, store_id: 's' }));
    await expect(late).rejects.toThrow(Fenced);
  });

  test('instances that start together create the shards once and share them without overlap', async () => {
    const all = Array.from({ length: 5 }, (_, n) => leases(`i${n}`, 7));
    let held: (readonly Lease[])[] = [];
    for (let round = 0; round < 4; round++) held = await Promise.all(all.map((one) => one.tick()));
    expect(held.flatMap(numbers).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(Math.max(...held.map(({ length }) => length))).toBeLessThanOrEqual(2);
  });

  test('changes of the number of shards, of instances and of owners lose nothing and fold nothing twice', () =>
    fc.assert(
      fc.asyncProperty(
        histories,
        fc.array(fc.record({ shards: fc.integer({ min: 1, max: 9 }), to: fc.integer({ min: 1, max: 30 }) }), {
          maxLength: 6,
        }),
        async (log, stages) => {
          await clear(model);
          await new Projector(model, log, log).step(log.batch());
          const expected = await rows(model);
          await clear(model);
          for (const { shards, to } of stages) await inTurns(model, log, shards, to);
          await inTurns(model, log, 3, log.events.length);
          expect(await rows(model)).toEqual(expected);
        },
      ),
      { numRuns: runs(15, 40) },
    ));
}

/** Two instances that share the shards project the log up to an event, each shard from its checkpoint. */
async function inTurns(model: ReadModel, log: Log, shards: number, to: number): Promise<void> {
  const both = ['a', 'b'].map((instance) => new Projector(model, log, log, { instance, shards }));
  for (let round = 0; round < 2; round++) for (const one of both) await one.attach();
  for (const one of both) await one.attach();
  for (const one of both) await one.step(log.batch(0, to));
  await model.leases({ work: PROJECTOR, instance: 'a', shards }).release();
}
