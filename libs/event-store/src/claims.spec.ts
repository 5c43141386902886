import { describe, expect, test } from '@jest/globals';
import { Claims, type ClaimWords } from './claims.js';
import { AT, ProbedStore, recordedIn } from './controls.js';
import type { EventStore } from './event-store.js';
import { envelopeOf } from './metadata.js';
import { verifyStream } from './verify.js';

const words: ClaimWords = { prefix: 'seat', claimed: 'SeatTaken', released: 'SeatLeft', owner: 'guest' };
const key = Buffer.alloc(32, 7);
const on = (store: EventStore): Claims => new Claims(store, words, key, () => AT);

async function streamsOf(store: EventStore): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const { stream } of store.readAll()) names.add(stream);
  return names;
}

describe('claims', () => {
  test('a name belongs to the first claimant', async () => {
    const claims = on(new ProbedStore());
    expect((await claims.find('A1')).owner).toBeUndefined();
    expect(await claims.claim('A1', () => ({ owner: 'ann' }))).toMatchObject({ owner: 'ann' });
    expect(await claims.claim('A1', () => ({ owner: 'bob' }))).toMatchObject({ owner: 'ann' });
    expect(await claims.find('A1')).toMatchObject({ owner: 'ann' });
    expect((await claims.find('A2')).owner).toBeUndefined();
  });

  test('many concurrent claims, also on several instances, agree on one owner', async () => {
    const store = new ProbedStore();
    const instances = [on(store), on(store), on(store)];
    const owners = await Promise.all(
      Array.from({ length: 60 }, (_, n) => instances[n % 3]!.claim('A1', () => ({ owner: `guest ${n}` }))),
    );
    expect(new Set(owners.map(({ owner }) => owner)).size).toBe(1);
    const [stream = ''] = await streamsOf(store);
    expect(await recordedIn(store, stream)).toHaveLength(1);
  });

  test('a released name is free again, for the releaser and for others', async () => {
    const store = new ProbedStore();
    const [here, there] = [on(store), on(store)];
    await here.claim('A1', () => ({ owner: 'ann' }));
    await here.release('A1', 'ann');
    expect((await here.find('A1')).owner).toBeUndefined();
    expect(await there.claim('A1', () => ({ owner: 'bob' }))).toMatchObject({ owner: 'bob' });
    expect(await here.find('A1')).toMatchObject({ owner: 'bob' });
  });

  test('only the owner can release', async () => {
    const claims = on(new ProbedStore());
    await claims.claim('A1', () => ({ owner: 'ann' }));
    await claims.release('A1', 'bob');
    await claims.release('A2', 'bob');
    expect(await claims.find('A1')).toMatchObject({ owner: 'ann' });
  });

  test('a cached owner may be released elsewhere; a release asks the store', async () => {
    const store = new ProbedStore();
    const [here, there] = [on(store), on(store)];
    await here.claim('A1', () => ({ owner: 'ann' }));
    await there.release('A1', 'ann');
    await there.claim('A1', () => ({ owner: 'bob' }));
    expect(await here.find('A1')).toMatchObject({ owner: 'ann' });
    await here.release('A1', 'ann');
    expect(await here.find('A1')).toMatchObject({ owner: 'bob' });
  });

  test('a cached owner costs no read of the store', async () => {
    const store = new ProbedStore();
    const claims = on(store);
    await claims.claim('A1', () => ({ owner: 'ann' }));
    const { reads } = store;
    for (let n = 0; n < 10; n++) await claims.claim('A1', () => ({ owner: 'bob' }));
    expect([store.reads, store.appended.length]).toEqual([reads, 1]);
  });

  test('a failed claim drops the cached owner', async () => {
    const store = new ProbedStore();
    const claims = on(store);
    store.after = (attempt) => (attempt === 1 ? Promise.reject(new Error('connection lost')) : Promise.resolve());
    await expect(claims.claim('A1', () => ({ owner: 'ann' }))).rejects.toThrow('connection lost');
    expect(await claims.claim('A1', () => ({ owner: 'bob' }))).toMatchObject({ owner: 'ann' });
  });

  test('a failed release drops the cached owner', async () => {
    const store = new ProbedStore();
    const claims = on(store);
    await claims.claim('A1', () => ({ owner: 'ann' }));
    store.after = (attempt) => (attempt === 2 ? Promise.reject(new Error('connection lost')) : Promise.resolve());
    await expect(claims.release('A1', 'ann')).rejects.toThrow('connection lost');
    expect((await claims.find('A1')).owner).toBeUndefined();
  });

  test('are chained events without the name', async () => {
    const store = new ProbedStore();
    const claims = on(store);
    await claims.claim('jane@example.com', () => ({ owner: 'ann' }), {
      correlation_id: 'c-9',
      actor: { channel: 'API', key: 'app' },
    });
    await claims.release('jane@example.com', 'ann');
    const [stream = ''] = await streamsOf(store);
    expect(stream).toMatch(/^seat-[0-9a-f]{64}$/);
    const events = await recordedIn(store, stream);
    expect(events.map(({ type, data }) => ({ type, data }))).toEqual([
      { type: 'SeatTaken', data: { guest: 'ann' } },
      { type: 'SeatLeft', data: { guest: 'ann' } },
    ]);
    expect(envelopeOf(events[0]!)).toMatchObject({
      correlation_id: 'c-9',
      actor: { channel: 'API', key: 'app' },
      schema: 1,
    });
    expect(await verifyStream(events)).toMatchObject({ valid: true, events: 2 });
  });
});
