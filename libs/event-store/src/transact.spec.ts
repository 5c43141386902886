import { describe, expect, test } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import {
  added,
  type Added,
  context,
  newAggregates,
  newKeyring,
  ProbedStore,
  recordedIn,
  type Tally,
} from './controls.js';
import { KeyDestroyed } from './envelope.js';
import { StoreOverloaded } from './event-store.js';
import { derivedEventId, TooManyConflicts } from './transact.js';
import { verifyStream } from './verify.js';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const add = (n: number, note?: string) => () => [added(n, note)];
const once = (n: number) => (state: Tally) => (state.added.includes(n) ? [] : [added(n)]);

describe('a decision', () => {
  test('is recorded and answered with the aggregate after it', async () => {
    const store = new ProbedStore();
    const aggregates = newAggregates(store);
    const first = await aggregates.transact('s', () => [added(1), added(2, 'Jane')], context);
    expect(first).toMatchObject({
      state: { added: [1, 2], notes: ['Jane'] },
      revision: 1,
      changed: true,
      events: [added(1), added(2, 'Jane')],
    });
    expect(first.position).toBe(await store.head());
    const events = await recordedIn(store, 's');
    expect(first.hash).toBe(events[1]?.metadata['hash']);
    expect(await verifyStream(events)).toMatchObject({ valid: true, events: 2 });
  });

  test('that says nothing new records nothing and is answered with what is there', async () => {
    const store = new ProbedStore();
    const aggregates = newAggregates(store);
    expect(await aggregates.transact('s', () => [], context)).toMatchObject({
      revision: -1,
      position: 0n,
      changed: false,
    });
    const { position } = await aggregates.transact('s', once(1), context);
    expect(await aggregates.transact('s', once(1), context)).toMatchObject({
      revision: 0,
      position,
      changed: false,
      events: [],
    });
    expect(store.appended).toHaveLength(1);
  });

  test('may refuse: what is not an array is handed back; it sees state and revision', async () => {
    const aggregates = newAggregates(new ProbedStore());
    await aggregates.transact('s', add(5), context);
    const refusal = await aggregates.transact<{ code: string }>(
      's',
      ({ added }, revision) => ({ code: `${added.length} at ${revision}` }),
      context,
    );
    expect(refusal).toEqual({ code: '1 at 0' });
  });

  test('that throws, decides what cannot be written, or cannot be folded, is rejected alone', async () => {
    const store = new ProbedStore();
    const aggregates = newAggregates(store);
    const unfoldable = { ...added(3), data: null as unknown as Added['data'] };
    const outcomes = await Promise.allSettled([
      aggregates.transact('s', add(1), context),
      aggregates.transact(
        's',
        () => {
          throw new Error('a bug');
        },
        context,
      ),
      aggregates.transact('s', () => [added(2), { ...added(2), type: 'Unheard' as 'Added' }], context),
      aggregates.transact('s', () => [added(NaN)], context),
      aggregates.transact('s', () => [unfoldable], context),
      aggregates.transact('s', add(6), context),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect((await aggregates.load('s')).state.added).toEqual([1, 6]);
    expect(store.appended).toHaveLength(1);
  });
});

describe('decisions on one stream', () => {
  test('64 at once all succeed exactly once, in one append', async () => {
    const store = new ProbedStore();
    const aggregates = newAggregates(store);
    const committed = await Promise.all(upTo(64).map((n) => aggregates.transact('s', once(n), context)));
    expect(committed.map(({ revision }) => revision)).toEqual(upTo(64));
    expect(committed.map(({ state }) => state.added.length)).toEqual(upTo(64).map((n) => n + 1));
    expect((await aggregates.load('s')).state.added).toEqual(upTo(64));
    expect(store.appended).toHaveLength(1);
    expect(await verifyStream(await recordedIn(store, 's'))).toMatchObject({ valid: true, events: 64 });
  });

  test('that come while an append is under way go together into the next one', async () => {
    const store = new ProbedStore();
    const aggregates = newAggregates(store);
    const later: Promise<unknown>[] = [];
    store.before = async (attempt) => {
      if (attempt === 1) later.push(...upTo(10).map((n) => aggregates.transact('s', once(n + 1), context)));
      await setImmediate();
    };
    await aggregates.transact('s', once(0), context);
    await Promise.all(later);
    expect(store.appended.map(({ length }) => length)).toEqual([1, 10]);
  });

  test('are split where an append would grow too large', async () => {
    const store = new ProbedStore();
    const aggregates = newAggregates(store, { decisions_max: 4, bytes_max: 1_000 });
    await Promise.all(upTo(6).map((n) => aggregates.transact('s', once(n), context)));
    expect(store.appended.map(({ length }) => length)).toEqual([3, 3]);
    await Promise.all(upTo(10).map((n) => aggregates.transact('t', n < 9 ? () => [] : once(n), context)));
    expect(store.appended.map(({ length }) => length)).toEqual([3, 3, 1]);
    await aggregates.transact('u', () => upTo(20).map((n) => added(n)), context);
    expect(store.appended.at(-1)).toHaveLength(20);
  });

  test('a repetition is answered only after the first is durable', async () => {
    const store = new ProbedStore();
    const aggregates = newAggregates(store);
    let isDurable = false;
    store.after = async () => {
      await setImmediate();
      await setImmediate();
      isDurable = true;
    };
    const answers = [once(1), once(1), () => 'refused' as const].map(async (decide) => {
      await aggregates.transact<'refused'>('s', decide, context);
      return isDurable;
    });
    expect(await Promise.all(answers)).toEqual([true, true, true]);
  });

  test('do not wait for another stream', async () => {
    const store = new ProbedStore();
    const aggregates = newAggregates(store);
    let release: () => void = () => undefined;
    store.before = (attempt) => (attempt === 1 ? new Promise((resolve) => (release = resolve)) : Promise.resolve());
    const slow = aggregates.transact('slow', add(1), context);
    await setImmediate();
    expect(await aggregates.transact('quick', add(1), context)).toMatchObject({ revision: 0 });
    release();
    expect(await slow).toMatchObject({ revision: 0 });
  });

  test('are turned away when too many wait, and only those', async () => {
    const aggregates = newAggregates(new ProbedStore(), { waiting_max: 5 });
    const outcomes = await Promise.allSettled(upTo(8).map((n) => aggregates.transact('s', once(n), context)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    for (const outcome of outcomes.slice(5)) expect(outcome).toMatchObject({ reason: expect.any(StoreOverloaded) });
    expect((await aggregates.load('s')).state.added).toEqual(upTo(5));
  });

  test('whatever they do, each is answered for itself and what was accepted is there once, in order', async () => {
    const deed = fc.constantFrom('add', 'add', 'personal', 'nothing', 'refuse', 'throw');
    const pause = fc.constantFrom(0, 0, 0, 1);
    const options = {
      decisions_max: fc.integer({ min: 1, max: 6 }),
      cache_weight_max: fc.integer({ min: 1, max: 20 }),
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(deed, fc.nat(2), pause), { maxLength: 40 }),
        fc.record(options),
        async (deeds, limits) => {
          const store = new ProbedStore();
          const aggregates = newAggregates(store, limits);
          const answers: Promise<unknown>[] = [];
          for (const [n, [what, stream, ms]] of deeds.entries()) {
            answers.push(aggregates.transact<string>(`s${stream}`, decisions[what](n), context).then(shape, String));
            if (ms > 0) await setImmediate();
          }
          expect(await Promise.all(answers)).toEqual(deeds.map(([what], n) => expected[what](n)));
          for (const stream of [0, 1, 2]) {
            const { state } = await aggregates.load(`s${stream}`);
            const accepted = deeds.flatMap(([what, at], n) =>
              at === stream && (what === 'add' || what === 'personal') ? [n] : [],
            );
            expect(state.added).toEqual(accepted);
            expect((await verifyStream(await recordedIn(store, `s${stream}`))).events).toBe(accepted.length);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

type Deed = 'add' | 'personal' | 'nothing' | 'refuse' | 'throw';
const decisions: { [D in Deed]: (n: number) => () => Added[] | string } = {
  add: (n) => add(n),
  personal: (n) => add(n, `note ${n}`),
  nothing: () => () => [],
  refuse: (n) => () => `no ${n}`,
  throw: (n) => () => {
    throw new Error(`bug ${n}`);
  },
};
const expected: { [D in Deed]: (n: number) => unknown } = {
  add: (n) => n,
  personal: (n) => n,
  nothing: () => 'nothing new',
  refuse: (n) => `no ${n}`,
  throw: (n) => `Error: bug ${n}`,
};
const shape = (answer: string | { readonly events: readonly Added[] }): unknown =>
  typeof answer === 'string' ? answer : (answer.events[0]?.data.n ?? 'nothing new');

describe('several writers of one stream', () => {
  test('lose nothing and double nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(2), fc.nat(12), fc.boolean()), { minLength: 1, maxLength: 60 }),
        async (asked) => {
          const store = new ProbedStore();
          store.before = async () => void (await setImmediate());
          const keyring = newKeyring();
          const instances = upTo(3).map(() =>
            newAggregates(store, { attempts_max: 100, cache_weight_max: 30 }, keyring),
          );
          const answers: Promise<{ changed: boolean }>[] = [];
          for (const [who, n, wait] of asked) {
            answers.push(instances[who]!.transact('s', once(n), context));
            if (wait) await setImmediate();
          }
          const changes = (await Promise.all(answers)).filter(({ changed }) => changed);
          const events = await recordedIn(store, 's');
          const distinct = new Set(asked.map(([, n]) => n));
          expect(new Set(events.map(({ data }) => data['n']))).toEqual(distinct);
          expect([events.length, changes.length]).toEqual([distinct.size, distinct.size]);
          expect(await verifyStream(events)).toMatchObject({ valid: true });
          for (const instance of instances)
            expect((await instance.load('s')).state.added).toEqual(events.map(({ data }) => data['n']));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('read only what they do not know yet', async () => {
    const store = new ProbedStore();
    const [here, there] = [newAggregates(store), newAggregates(store)];
    await here.transact('s', () => upTo(50).map((n) => added(n)), context);
    await there.transact('s', add(50), context);
    const reads: unknown[] = [];
    const { read } = store;
    store.read = (...args) => (reads.push(args[1]), read.apply(store, args));
    expect(await here.transact('s', add(51), context)).toMatchObject({ revision: 51, state: { added: upTo(52) } });
    expect(reads).toEqual([{ from: 50 }]);
  });

  test('give up after a bounded number of lost races, and say so', async () => {
    const store = new ProbedStore();
    const [here, there] = [newAggregates(store, { attempts_max: 3 }), newAggregates(store)];
    store.before = async (attempt) => void (attempt % 2 === 1 && (await there.transact('s', add(attempt), context)));
    const losing = here.transact('s', add(-1), context);
    await expect(losing).rejects.toThrow(TooManyConflicts);
    await expect(losing).rejects.toMatchObject({ stream: 's', attempts: 3 });
    store.before = () => Promise.resolve();
    expect(await here.transact('s', add(9), context)).toMatchObject({ revision: 3 });
  });

  test('refuse, and find nothing new, only on the latest state', async () => {
    const store = new ProbedStore();
    const [here, there] = [newAggregates(store), newAggregates(store)];
    const isEmpty = ({ added }: Tally): string => (added.length === 0 ? 'empty' : 'not empty');
    expect(await here.transact<string>('s', isEmpty, context)).toBe('empty');
    await there.transact('s', add(1), context);
    expect(await here.transact<string>('s', isEmpty, context)).toBe('not empty');
    await there.transact('s', add(2), context);
    expect(await here.load('s')).toMatchObject({ revision: 1, state: { added: [1, 2] } });
  });

  test('a sole writer need not look', async () => {
    const store = new ProbedStore();
    const aggregates = newAggregates(store, { isSoleWriter: true });
    await aggregates.transact('s', once(1), context);
    for (let n = 0; n < 5; n++) await aggregates.transact('s', once(1), context);
    expect(store.reads).toBe(1);
  });
});

describe('when an append fails', () => {
  test('all that were in it hear of it, also those that had nothing to write; the next starts from the store', async () => {
    const store = new ProbedStore();
    const aggregates = newAggregates(store);
    store.before = (attempt) => (attempt === 1 ? Promise.reject(new Error('disk full')) : Promise.resolve());
    const answers = await Promise.allSettled(
      [once(1), once(1), () => 'refused', once(2)].map((decide) => aggregates.transact<unknown>('s', decide, context)),
    );
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 'rejected', reason: { message: 'disk full' } });
    expect(await aggregates.transact('s', once(1), context)).toMatchObject({ revision: 0, changed: true });
  });

  test('and was written all the same, it is found and not done twice', async () => {
    const store = new ProbedStore();
    const aggregates = newAggregates(store);
    store.after = (attempt) => (attempt === 1 ? Promise.reject(new Error('connection lost')) : Promise.resolve());
    await expect(aggregates.transact('s', once(1), context)).rejects.toThrow('connection lost');
    expect(await aggregates.transact('s', once(1), context)).toMatchObject({ revision: 0, changed: false });
    expect(await aggregates.transact('s', once(2), context)).toMatchObject({ revision: 1 });
    expect(await verifyStream(await recordedIn(store, 's'))).toMatchObject({ valid: true, events: 2 });
  });

  test('because the store is overloaded, nothing is forgotten', async () => {
    const store = new ProbedStore();
    const aggregates = newAggregates(store, { isSoleWriter: true });
    await aggregates.transact('s', once(1), context);
    store.before = (attempt) => (attempt === 2 ? Promise.reject(new StoreOverloaded()) : Promise.resolve());
    await expect(aggregates.transact('s', once(2), context)).rejects.toThrow(StoreOverloaded);
    expect(await aggregates.transact('s', once(2), context)).toMatchObject({ revision: 1 });
    expect(store.reads).toBe(1);
  });

  test('or a stream cannot be read, who waits hears of it, and may try again', async () => {
    const store = new ProbedStore();
    await newAggregates(store).transact('s', add(1, 'Jane'), context);
    const withoutItsKey = newAggregates(store);
    await expect(withoutItsKey.transact('s', add(2), context)).rejects.toThrow(
      'event 0 (Added) of stream s cannot be read',
    );
    await expect(withoutItsKey.load('s')).rejects.toThrow('not in the key store');
    expect(await withoutItsKey.transact('t', add(2), context)).toMatchObject({ revision: 0 });
  });
});

describe('the cache', () => {
  test('loads a cold stream once for all that ask', async () => {
    const store = new ProbedStore();
    await newAggregates(store).transact('s', add(1), context);
    const { reads } = store;
    const aggregates = newAggregates(store, { isSoleWriter: true });
    await Promise.all([
      ...upTo(5).map(() => aggregates.load('s')),
      ...upTo(5).map((n) => aggregates.transact('s', once(n), context)),
    ]);
    expect(store.reads - reads).toBe(1);
  });

  test('lets go of what weighs too much, and loses nothing by it', async () => {
    const store = new ProbedStore();
    const keyring = newKeyring();
    const aggregates = newAggregates(store, { cache_weight_max: 10, isSoleWriter: true }, keyring);
    for (let n = 0; n < 100; n++) await aggregates.transact(`s${(n * 7) % 20}`, add(n, `note ${n}`), context);
    for (let s = 0; s < 20; s++) {
      const { state, revision } = await aggregates.load(`s${s}`);
      expect([state.added.length, state.notes.length, revision]).toEqual([5, 5, 4]);
      expect(await verifyStream(await recordedIn(store, `s${s}`))).toMatchObject({ valid: true, events: 5 });
    }
    expect(store.reads).toBeGreaterThan(100);
  });

  test('forgets on request', async () => {
    const store = new ProbedStore();
    const aggregates = newAggregates(store, { isSoleWriter: true });
    store.before = async () => aggregates.forget('s');
    await aggregates.transact('s', add(1), context);
    const { reads } = store;
    expect((await aggregates.load('s')).state.added).toEqual([1]);
    await setImmediate();
    aggregates.forget('s');
    expect((await aggregates.load('s')).state.added).toEqual([1]);
    expect(store.reads - reads).toBe(2);
  });
});

describe('what is written', () => {
  test('is sealed under one key per aggregate, also after a reload', async () => {
    const store = new ProbedStore();
    const keyring = newKeyring();
    await newAggregates(store, {}, keyring).transact('s', () => [added(1), added(2, 'Jane'), added(3, 'Doe')], context);
    await newAggregates(store, {}, keyring).transact('s', add(4, 'Smith'), context);
    await newAggregates(store, {}, keyring).transact('t', add(5, 'Else'), context);
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

  test('cannot be personal once the key is destroyed; everything else goes on', async () => {
    const store = new ProbedStore();
    const keyring = newKeyring();
    const aggregates = newAggregates(store, {}, keyring);
    const { key_id = '' } = await aggregates.transact('s', add(1, 'Jane'), context);
    await keyring.destroy(key_id);
    const [personal, other] = await Promise.allSettled([
      aggregates.transact('s', add(2, 'Jane'), context),
      aggregates.transact('s', add(3), context),
    ]);
    expect(personal).toMatchObject({ reason: new KeyDestroyed(key_id) });
    expect(other).toMatchObject({ value: { revision: 1 } });
    expect((await newAggregates(store, {}, keyring).load('s')).state).toEqual({ added: [1, 3], notes: [] });
  });

  test('is dated by the clock at the append, and never back in time', async () => {
    const store = new ProbedStore();
    const times = ['2026-01-02T00:00:00.000Z', '2026-01-01T00:00:00.000Z', '2026-01-03T00:00:00.000Z'];
    const now = (): string => times.shift() ?? '';
    for (let n = 0; n < 3; n++) await newAggregates(store, { now }).transact('s', add(n), context);
    const recorded = (await recordedIn(store, 's')).map(({ metadata }) => metadata['recorded_at']);
    expect(recorded).toEqual(['2026-01-02T00:00:00.000Z', '2026-01-02T00:00:00.000Z', '2026-01-03T00:00:00.000Z']);
  });

  test('names who asked, for each decision of an append', async () => {
    const store = new ProbedStore();
    const aggregates = newAggregates(store);
    await Promise.all(
      upTo(3).map((n) =>
        aggregates.transact('s', add(n), {
          ...context,
          correlation_id: `c-${n}`,
          origin: { source: '/shop', id: `${n}` },
        }),
      ),
    );
    const events = await recordedIn(store, 's');
    expect(events.map(({ metadata }) => metadata['correlation_id'])).toEqual(['c-0', 'c-1', 'c-2']);
    expect(events.map(({ metadata }) => metadata['origin'])).toEqual(
      upTo(3).map((n) => ({ source: '/shop', id: `${n}` })),
    );
    expect(new Set(events.map(({ id }) => id)).size).toBe(3);
  });

  test('has derived ids when a seed is given: the same decision again is recognised by the store', async () => {
    const store = new ProbedStore();
    const keyring = newKeyring();
    const [here, there] = [newAggregates(store, { isSoleWriter: true }, keyring), newAggregates(store, {}, keyring)];
    await here.load('s');
    const seeded = { ...context, event_id_seed: 'request 1' };
    const twice = () => [added(1, 'Jane'), added(2)];
    await there.transact('s', twice, seeded);
    // `here` has not seen it: it appends at revision -1 once more, which the store takes for a repetition
    const again = await here.transact('s', ({ added: { length } }) => (length === 0 ? twice() : []), seeded);
    expect(again).toMatchObject({ changed: false, revision: 1 });
    await here.transact('s', add(3), context);
    const events = await recordedIn(store, 's');
    expect(events.map(({ id }) => id).slice(0, 2)).toEqual(
      [0, 1].map((index) => derivedEventId('request 1', 's', index)),
    );
    expect(await verifyStream(events)).toMatchObject({ valid: true, events: 3 });
  });

  test('derived ids are UUIDs and differ by seed, stream and place', () => {
    const ids = ['a', 'b'].flatMap((seed) =>
      ['s', 't'].flatMap((stream) => [0, 1].map((index) => derivedEventId(seed, stream, index))),
    );
    expect(new Set(ids).size).toBe(8);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
