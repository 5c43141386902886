import { describe, expect, test } from '@jest/globals';
import { type Claim, Claims, type ClaimWords } from './claims.js';
import { add, context, newAggregates, newKeyring, ProbedStore, recordedIn, upTo } from './controls.js';
import { KeyDestroyed, keyIdOf } from './envelope.js';
import type { EventStore, JsonObject, RecordedEvent } from './event-store.js';
import { verifyStream } from './verify.js';

const words: ClaimWords = {
  prefix: 'source',
  claimed: 'SourceIdClaimed',
  released: 'SourceIdReleased',
  owner: 'customer_id',
  isSealed: true,
};
const NOW = '2026-01-02T03:04:05.678Z';
const day = (n: number): string => `2025-01-0${n}T00:00:00.000000000Z`;
const index = Buffer.alloc(32, 7);
const on = (store: EventStore, keyring = newKeyring()): Claims => new Claims(store, words, index, () => NOW, keyring);

async function all(store: EventStore): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of store.readAll()) events.push(event);
  return events;
}

async function everyOwner(claims: Claims, name: string): Promise<string[]> {
  const owners: string[] = [];
  for await (const owner of claims.everyOwner(name)) owners.push(owner);
  return owners;
}

describe('a sealed owner', () => {
  test('is nowhere in the clear, and a release records only the time', async () => {
    const store = new ProbedStore();
    const claims = on(store);
    await claims.claim('ada', () => ({ owner: 'cust_1' }));
    await claims.release('ada', 'cust_1', day(3));
    const events = await all(store);
    expect(JSON.stringify(events.map(({ data, metadata }) => [data, metadata]))).not.toContain('cust_1');
    expect(events.map(({ type, data }) => [type, Object.keys(data)])).toEqual([
      ['SourceIdClaimed', ['sealed']],
      ['SourceIdReleased', []],
    ]);
    expect(events[1]?.metadata['occurred_at']).toBe(day(3));
    expect(await verifyStream(events)).toMatchObject({ valid: true, events: 2 });
  });

  test('gets a new key unless one is proposed, and the claim returns its id', async () => {
    const store = new ProbedStore();
    const keyring = newKeyring();
    const claims = on(store, keyring);
    const first = await claims.claim('ada', () => ({ owner: 'cust_1' }));
    const other = await claims.claim('eve', async () => ({ owner: 'cust_2', key_id: await keyring.take() }));
    const alias = await claims.claim('ada@example.com', () => ({ owner: 'cust_1', key_id: first.key_id }));
    expect((await all(store)).map(keyIdOf)).toEqual([first, other, alias].map(({ key_id }) => key_id));
    expect([alias.key_id === first.key_id, other.key_id === first.key_id]).toEqual([true, false]);
    const elsewhere = on(store, keyring);
    expect(await elsewhere.find('ada')).toEqual(first);
    expect(await elsewhere.claim('ada@example.com', () => ({ owner: 'cust_3' }))).toEqual(alias);
  });

  test('is the same on all instances, under one key', async () => {
    const store = new ProbedStore();
    const keyring = newKeyring();
    const instances = [on(store, keyring), on(store, keyring)];
    const claims = await Promise.all(
      upTo(20).map((n) => instances[n % 2]!.claim('ada', async () => ({ owner: `cust_${n}` }))),
    );
    const [event, ...more] = await all(store);
    expect([new Set(claims.map((claim) => JSON.stringify(claim))).size, more.length]).toEqual([1, 0]);
    expect(claims[0]?.key_id).toBe(keyIdOf(event!));
  });

  test('is unknown once the key is destroyed, and the name can be claimed again', async () => {
    const store = new ProbedStore();
    const keyring = newKeyring();
    const { key_id = '' } = await on(store, keyring).claim('ada', () => ({ owner: 'cust_1' }));
    await keyring.destroy(key_id);
    const claims = on(store, keyring);
    expect(await claims.find('ada')).toEqual({});
    expect(await everyOwner(claims, 'ada')).toEqual([]);
    const next = await claims.claim('ada', () => ({ owner: 'cust_2' }));
    expect(next).toEqual({ owner: 'cust_2', key_id: expect.any(String) });
    expect(next.key_id).not.toBe(key_id);
    expect(await everyOwner(claims, 'ada')).toEqual(['cust_2']);
  });

  test('cannot be sealed under a key that is destroyed', async () => {
    const store = new ProbedStore();
    const keyring = newKeyring();
    const key_id = await keyring.take();
    await keyring.destroy(key_id);
    const claims = on(store, keyring);
    await expect(claims.claim('ada', () => ({ owner: 'cust_1', key_id }))).rejects.toThrow(KeyDestroyed);
    expect(await claims.find('ada')).toEqual({});
  });

  test('a release is recorded also when the key was destroyed first', async () => {
    const store = new ProbedStore();
    const keyring = newKeyring();
    const { key_id = '' } = await on(store, keyring).claim('ada', () => ({ owner: 'cust_1' }));
    await keyring.destroy(key_id);
    const claims = on(store, keyring);
    await claims.release('ada', 'cust_1', day(4));
    await claims.release('ada', 'cust_1', day(5));
    expect(await claims.find('ada')).toEqual({ released_at: day(4) });
    expect(await all(store)).toHaveLength(2);
  });

  test('costs one append per name and no read', async () => {
    const store = new ProbedStore();
    const claims = on(store);
    const owners = await Promise.all(upTo(50).map((n) => claims.claim(`name ${n}`, () => ({ owner: `cust_${n}` }))));
    expect(owners.map(({ owner }) => owner)).toEqual(upTo(50).map((n) => `cust_${n}`));
    expect([store.appended.length, store.reads]).toEqual([50, 0]);
  });
});

describe('a released name', () => {
  test('keeps the latest release time, also under a new owner', async () => {
    const store = new ProbedStore();
    const keyring = newKeyring();
    const [here, there] = [on(store, keyring), on(store, keyring)];
    const first = await here.claim('ada', () => ({ owner: 'cust_1' }));
    await here.release('ada', 'cust_1', '2025-01-05T00:00:00.000Z');
    expect(await here.find('ada')).toEqual({ released_at: day(5) });
    const second = await there.claim('ada', () => ({ owner: 'cust_2' }));
    expect(second).toEqual({ owner: 'cust_2', key_id: expect.any(String), released_at: day(5) });
    expect(second.key_id).not.toBe(first.key_id);
    const { reads } = store;
    expect([await there.find('ada'), store.reads - reads]).toEqual([second, 0]);
    await there.release('ada', 'cust_2', day(2));
    for (const claims of [here, there, on(store, keyring)])
      expect(await claims.find('ada')).toEqual({ released_at: day(5) });
    expect(await everyOwner(here, 'ada')).toEqual(['cust_2', 'cust_1']);
  });

  test('keeps the release time when the former owner is erased', async () => {
    const store = new ProbedStore();
    const keyring = newKeyring();
    const { key_id = '' } = await on(store, keyring).claim('ada', () => ({ owner: 'cust_1' }));
    await on(store, keyring).release('ada', 'cust_1', day(5));
    await keyring.destroy(key_id);
    const claims = on(store, keyring);
    expect(await claims.find('ada')).toEqual({ released_at: day(5) });
    expect(await claims.claim('ada', () => ({ owner: 'cust_2' }))).toMatchObject({ released_at: day(5) });
    expect(await everyOwner(claims, 'ada')).toEqual(['cust_2']);
  });

  test('may stay free, by a proposal that sees the release time', async () => {
    const store = new ProbedStore();
    const keyring = newKeyring();
    await on(store, keyring).claim('ada', () => ({ owner: 'cust_1' }));
    await on(store, keyring).release('ada', 'cust_1', day(5));
    const told = (at: string) => (released_at: string | undefined) =>
      released_at !== undefined && at <= released_at ? undefined : { owner: `told ${at}` };
    const claims = on(store, keyring);
    const declined: Claim = await claims.claim('ada', told(day(5)));
    expect(declined).toEqual({ released_at: day(5) });
    expect(await all(store)).toHaveLength(2);
    expect(await claims.claim('ada', told(day(6)))).toMatchObject({ owner: `told ${day(6)}`, released_at: day(5) });
  });

  test('is released at the present time by default', async () => {
    const claims = on(new ProbedStore());
    await claims.claim('ada', () => ({ owner: 'cust_1' }));
    await claims.release('ada', 'cust_1');
    expect(await claims.find('ada')).toEqual({ released_at: '2026-01-02T03:04:05.678000000Z' });
  });
});

describe('claims of version 0.1.0', () => {
  const old = (type: string, revision: number, data: JsonObject) => ({
    id: `7f0e9f0a-0000-4000-8000-00000000000${revision}`,
    type,
    data,
    metadata: {
      ...{ actor: { channel: 'ledger' }, correlation_id: 'c', schema: 1, hash: '0'.repeat(64) },
      ...{
        occurred_at: `2025-01-0${revision + 1}T00:00:00.000Z`,
        recorded_at: `2025-01-0${revision + 1}T00:00:00.000Z`,
      },
    },
  });

  /** A store in which 0.1.0 wrote these about the name `ada`. */
  async function written(...types: (readonly [type: string, owner: string])[]): Promise<ProbedStore> {
    const store = new ProbedStore();
    await on(store).claim('ada', () => ({ owner: 'x' }));
    const [{ stream }] = (await all(store)) as [RecordedEvent];
    const before = new ProbedStore();
    const events = types.map(([type, owner], revision) => old(type, revision, { customer_id: owner }));
    await before.append(stream, 'no-stream', events);
    return before;
  }

  test('have an owner in the clear, without a key', async () => {
    const claims = on(await written(['SourceIdClaimed', 'cust_1']));
    expect(await claims.claim('ada', () => ({ owner: 'cust_2' }))).toEqual({ owner: 'cust_1' });
    expect(await claims.find('ada')).toEqual({ owner: 'cust_1' });
  });

  test('have the recorded time as release time', async () => {
    const store = await written(
      ['SourceIdClaimed', 'cust_1'],
      ['SourceIdReleased', 'cust_1'],
      ['SourceIdClaimed', 'cust_2'],
    );
    const claims = on(store);
    expect(await claims.find('ada')).toEqual({ owner: 'cust_2', released_at: day(2) });
    await claims.release('ada', 'cust_2', day(4));
    expect(await claims.find('ada')).toEqual({ released_at: day(4) });
    const { key_id, ...next } = await claims.claim('ada', () => ({ owner: 'cust_3' }));
    expect([next, typeof key_id]).toEqual([{ owner: 'cust_3', released_at: day(4) }, 'string']);
    expect(await everyOwner(claims, 'ada')).toEqual(['cust_3', 'cust_2', 'cust_1']);
  });
});

test('a customer whose first append was lost gets the key that the claim was sealed under', async () => {
  const store = new ProbedStore();
  const keyring = newKeyring();
  const lost = await on(store, keyring).claim('ada', () => ({ owner: 'cust_1' }));
  // another process claims the name
  const { owner, key_id } = await on(store, keyring).claim('ada', () => ({ owner: 'cust_2' }));
  expect({ owner, key_id }).toEqual(lost);
  const asked = { ...context, key_id };
  const committed = await Promise.all(
    [1, 2].map((n) => newAggregates(store, {}, keyring).handle(owner, add(n, 'Ada'), asked)),
  );
  expect(committed.map((one) => one.key_id)).toEqual([key_id, key_id]);
  expect((await recordedIn(store, owner)).map(keyIdOf)).toEqual([key_id, key_id]);
  await keyring.destroy(key_id ?? '');
  expect(await on(store, keyring).find('ada')).toEqual({});
});
