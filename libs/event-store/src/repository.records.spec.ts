import { describe, expect, test } from '@jest/globals';
import {
  add,
  added,
  type Adding,
  context,
  newAggregates,
  newKeyring,
  ProbedStore,
  recordedIn,
  recording,
  upTo,
} from './controls.js';
import { KeyDestroyed, keyIdOf } from './envelope.js';
import { envelopeOf } from './metadata.js';
import { derivedEventId } from './repository.js';
import { verifyStream } from './verify.js';

describe('a recorded event', () => {
  test('is sealed under one key per aggregate, also after a reload', async () => {
    const store = new ProbedStore();
    const keyring = newKeyring();
    const repository = newAggregates(store, {}, keyring);
    await repository.handle('s', recording(added(1), added(2, 'Jane'), added(3)), context);
    await repository.handle('s', add(3, 'Doe'), context);
    await newAggregates(store, {}, keyring).handle('s', add(4, 'Smith'), context);
    await newAggregates(store, {}, keyring).handle('t', add(5, 'Else'), context);
    const keysIn = async (stream: string): Promise<Set<unknown>> =>
      new Set(
        (await recordedIn(store, stream)).flatMap(({ data }) =>
          data['sealed'] ? [(data['sealed'] as { key: string }).key] : [],
        ),
      );
    const [s, t] = [await keysIn('s'), await keysIn('t')];
    expect([s.size, t.size, new Set([...s, ...t]).size]).toEqual([1, 1, 2]);
    expect(JSON.stringify((await recordedIn(store, 's')).map(({ data }) => data))).not.toMatch(/Jane|Doe|Smith/);
  });

  test('is sealed under the requested key, unless the aggregate has one', async () => {
    const store = new ProbedStore();
    const keyring = newKeyring();
    const repository = newAggregates(store, {}, keyring);
    const [taken, another] = [await keyring.take(), await keyring.take()];
    await repository.handle('s', add(1), { ...context, key_id: another });
    const outcomes = await Promise.all([
      repository.handle('s', add(2, 'Jane'), { ...context, key_id: taken }),
      repository.handle('s', add(3, 'Doe'), { ...context, key_id: another }),
    ]);
    expect(outcomes.map(({ key_id }) => key_id)).toEqual([taken, taken]);
    expect((await recordedIn(store, 's')).map(keyIdOf)).toEqual([undefined, taken, taken]);
    const elsewhere = newAggregates(store, {}, keyring);
    expect(await elsewhere.handle('s', add(4, 'Smith'), { ...context, key_id: another })).toMatchObject({
      key_id: taken,
    });
  });

  test('has a key for each decision with isKeyedByDecision', async () => {
    const store = new ProbedStore();
    const keyring = newKeyring();
    const repository = newAggregates(store, { isKeyedByDecision: true }, keyring);
    const mine = await keyring.take();
    const under =
      (decision: Adding): Adding =>
      (at) => ({ ...decision(at), key_id: mine });
    const outcomes = await Promise.all(
      [recording(added(1, 'Jane'), added(2, 'Doe')), under(add(3, 'Smith')), add(4, 'Else'), add(5)].map((decision) =>
        repository.handle('s', decision, context),
      ),
    );
    const keys = (await recordedIn(store, 's')).map(keyIdOf);
    expect(outcomes.map(({ key_id }) => key_id)).toEqual([keys[0], mine, keys[3], keys[3]]);
    expect([keys[1] === keys[0], new Set(keys).size, keys[4]]).toEqual([true, 4, undefined]);
    expect((await newAggregates(store, { isKeyedByDecision: true }, keyring).load('s')).key_id).toBe(keys[3]);
  });

  test('cannot have personal fields once the key is destroyed; others are recorded', async () => {
    const store = new ProbedStore();
    const keyring = newKeyring();
    const repository = newAggregates(store, {}, keyring);
    const { key_id = '' } = await repository.handle('s', add(1, 'Jane'), context);
    await keyring.destroy(key_id);
    const [personal, other] = await Promise.allSettled([
      repository.handle('s', add(2, 'Jane'), context),
      repository.handle('s', add(3), context),
    ]);
    expect(personal).toMatchObject({ reason: new KeyDestroyed(key_id) });
    expect(other).toMatchObject({ value: { revision: 1 } });
    expect((await newAggregates(store, {}, keyring).load('s')).state).toEqual({ added: [1, 3], notes: [] });
  });

  test('has the time of the append, which never decreases', async () => {
    const store = new ProbedStore();
    const times = ['2026-01-02T00:00:00.000Z', '2026-01-01T00:00:00.000Z', '2026-01-03T00:00:00.000Z'];
    const now = (): string => times.shift() ?? '';
    for (let n = 0; n < 3; n++) await newAggregates(store, { now }).handle('s', add(n), context);
    const recorded = (await recordedIn(store, 's')).map(({ metadata }) => metadata['recorded_at']);
    expect(recorded).toEqual([
      '2026-01-02T00:00:00.000000000Z',
      '2026-01-02T00:00:00.000000000Z',
      '2026-01-03T00:00:00.000000000Z',
    ]);
  });

  test('names the actor of each decision of an append', async () => {
    const store = new ProbedStore();
    const repository = newAggregates(store);
    await Promise.all(
      upTo(3).map((n) =>
        repository.handle('s', recording({ ...added(n), origin: { source: '/shop', id: `${n}` } }), {
          ...context,
          correlation_id: `c-${n}`,
        }),
      ),
    );
    const events = await recordedIn(store, 's');
    const envelopes = events.map(envelopeOf);
    expect(envelopes.map(({ correlation_id }) => correlation_id)).toEqual(['c-0', 'c-1', 'c-2']);
    expect(envelopes.map(({ origin }) => origin)).toEqual(upTo(3).map((n) => ({ source: '/shop', id: `${n}` })));
    expect(new Set(events.map(({ id }) => id)).size).toBe(3);
  });

  test('has deterministic ids with a seed: the store recognises a repeated decision', async () => {
    const store = new ProbedStore();
    const keyring = newKeyring();
    const [here, there] = [newAggregates(store, { isSoleWriter: true }, keyring), newAggregates(store, {}, keyring)];
    await here.load('s');
    const seeded = { ...context, event_id_seed: 'request 1' };
    const twice = recording(added(1, 'Jane'), added(2));
    await there.handle('s', twice, seeded);
    // `here` has not seen it: it appends at revision -1 once more, and the store recognises the repetition
    const again = await here.handle('s', (at) => (at.state.added.length === 0 ? twice : recording())(at), seeded);
    expect(again).toMatchObject({ changed: false, revision: 1 });
    await here.handle('s', add(3), context);
    const events = await recordedIn(store, 's');
    expect(events.map(({ id }) => id).slice(0, 2)).toEqual(
      [0, 1].map((index) => derivedEventId('request 1', 's', index)),
    );
    expect(await verifyStream(events)).toMatchObject({ valid: true, events: 3 });
  });

  test('has ids that are UUIDs and differ by seed, stream and index', () => {
    const ids = ['a', 'b'].flatMap((seed) =>
      ['s', 't'].flatMap((stream) => [0, 1].map((index) => derivedEventId(seed, stream, index))),
    );
    expect(new Set(ids).size).toBe(8);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
