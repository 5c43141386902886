import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  add,
  added,
  type Added,
  type Adding,
  AT,
  context,
  newAggregates,
  once,
  ProbedStore,
  recordedIn,
  recording,
  type Tally,
  upTo,
} from './controls.js';
import { StoreOverloaded } from './event-store.js';
import { countsByTurn } from '../../flow/src/turns.fixture.js';
import { verifyStream } from './verify.js';

describe('a decision', () => {
  test('is recorded, and the answer is the aggregate after it', async () => {
    const store = new ProbedStore();
    const repository = newAggregates(store);
    const first = await repository.handle('s', recording(added(1), added(2, 'Jane')), context);
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

  test('without events records nothing, and the answer is the present aggregate', async () => {
    const store = new ProbedStore();
    const repository = newAggregates(store);
    expect(await repository.handle('s', recording(), context)).toMatchObject({
      revision: -1,
      position: 0n,
      changed: false,
    });
    const { position } = await repository.handle('s', once(1), context);
    expect(await repository.handle('s', once(1), context)).toMatchObject({
      revision: 0,
      position,
      changed: false,
      events: [],
    });
    expect(store.appended).toHaveLength(1);
  });

  test('may refuse: any result without events and state passes through, judged on the present state', async () => {
    const repository = newAggregates(new ProbedStore());
    await repository.handle('s', add(5), context);
    const refusal = await repository.handle<{ code: string }>(
      's',
      ({ state, revision, recorded_at }) => ({ code: `${state.added.length} at ${revision}, ${recorded_at}` }),
      context,
    );
    expect(refusal).toEqual({ code: `1 at 0, ${AT}` });
    for (const other of [['a list'], { events: 'no list', state: {} }, { events: [] }, null, undefined])
      expect(await repository.handle<unknown>('s', () => other, context)).toBe(other);
  });

  test('returns the state after it, and nothing is folded', async () => {
    const repository = newAggregates(new ProbedStore());
    const foreseen: Tally = { added: [1, 2], notes: ['foreseen'] };
    const committed = await repository.handle('s', () => ({ events: [added(1), added(2)], state: foreseen }), context);
    expect(committed).toMatchObject({ state: foreseen, revision: 1, recorded_at: AT });
    expect(
      await repository.handle('s', ({ state }) => ({ events: [], state: { ...state, added: [] } }), context),
    ).toMatchObject({ state: foreseen, changed: false });
    repository.forget('s');
    expect((await repository.load('s')).state).toEqual({ added: [1, 2], notes: [] });
  });

  test('sees the state after earlier decisions of the same append', async () => {
    const store = new ProbedStore();
    const repository = newAggregates(store);
    const seen: unknown[] = [];
    const watching =
      (n: number): Adding =>
      (at) => {
        seen.push(at);
        return add(n, n === 1 ? 'Jane' : undefined)(at);
      };
    const [first] = await Promise.all([1, 2].map((n) => repository.handle('s', watching(n), context)));
    const { key_id, hash } = first ?? {};
    expect(seen).toMatchObject([
      { state: { added: [] }, revision: -1, recorded_at: '', key_id: undefined },
      { state: { added: [1] }, revision: 0, recorded_at: AT, key_id, hash },
    ]);
    expect(key_id).toEqual(expect.any(String));
    expect(store.appended).toHaveLength(1);
  });

  test('may be asynchronous; later ones wait', async () => {
    const store = new ProbedStore();
    const repository = newAggregates(store);
    const slow = async (at: { readonly state: Tally }) => (await setImmediate(), add(1)(at));
    await Promise.all([repository.handle('s', slow, context), repository.handle('s', once(2), context)]);
    expect((await repository.load('s')).state.added).toEqual([1, 2]);
    expect(store.appended).toHaveLength(1);
  });

  test('that throws, or returns events that cannot be written or folded, is rejected alone', async () => {
    const store = new ProbedStore();
    const repository = newAggregates(store);
    const unfoldable = { ...added(3), data: null as unknown as Added['data'] };
    const outcomes = await Promise.allSettled([
      repository.handle('s', add(1), context),
      repository.handle(
        's',
        () => {
          throw new Error('a bug');
        },
        context,
      ),
      repository.handle('s', recording(added(2), { ...added(2), type: 'Unheard' as 'Added' }), context),
      repository.handle('s', add(NaN), context),
      repository.handle('s', recording(unfoldable), context),
      repository.handle('s', add(6), context),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect((await repository.load('s')).state.added).toEqual([1, 6]);
    expect(store.appended).toHaveLength(1);
  });
});

describe('decisions on one stream', () => {
  test('64 at once all succeed exactly once, in one append', async () => {
    const store = new ProbedStore();
    const repository = newAggregates(store);
    const committed = await Promise.all(upTo(64).map((n) => repository.handle('s', once(n), context)));
    expect(committed.map(({ revision }) => revision)).toEqual(upTo(64));
    expect(committed.map(({ state }) => state.added.length)).toEqual(upTo(64).map((n) => n + 1));
    expect((await repository.load('s')).state.added).toEqual(upTo(64));
    expect(store.appended).toHaveLength(1);
    expect(await verifyStream(await recordedIn(store, 's'))).toMatchObject({ valid: true, events: 64 });
  });

  test('that arrive during an append share the next one', async () => {
    const store = new ProbedStore();
    const repository = newAggregates(store);
    const later: Promise<unknown>[] = [];
    store.before = async (attempt) => {
      if (attempt === 1) later.push(...upTo(10).map((n) => repository.handle('s', once(n + 1), context)));
      await setImmediate();
    };
    await repository.handle('s', once(0), context);
    await Promise.all(later);
    expect(store.appended.map(({ length }) => length)).toEqual([1, 10]);
  });

  test('are split at the maximum size of an append', async () => {
    const store = new ProbedStore();
    const repository = newAggregates(store, { decisions_max: 4, bytes_max: 1_000 });
    await Promise.all(upTo(6).map((n) => repository.handle('s', once(n), context)));
    expect(store.appended.map(({ length }) => length)).toEqual([3, 3]);
    await Promise.all(upTo(10).map((n) => repository.handle('t', n < 9 ? recording() : once(n), context)));
    expect(store.appended.map(({ length }) => length)).toEqual([3, 3, 1]);
    await repository.handle('u', recording(...upTo(20).map((n) => added(n))), context);
    expect(store.appended.at(-1)).toHaveLength(20);
  });

  test('give the event loop a turn after every 50, and go into as few appends as before', async () => {
    const store = new ProbedStore();
    const repository = newAggregates(store);
    const counts = await countsByTurn((note) => {
      const noted =
        (n: number): Adding =>
        (at) => (note(), once(n)(at));
      return Promise.all(upTo(2_000).map((n) => repository.handle('s', noted(n), context)));
    });
    expect(counts).toEqual(Array<number>(40).fill(50));
    expect(store.appended.map(({ length }) => length)).toEqual([500, 500, 500, 500]);
    expect((await repository.load('s')).state.added).toEqual(upTo(2_000));
  });

  test('a repetition is answered only after the first is durable', async () => {
    const store = new ProbedStore();
    const repository = newAggregates(store);
    let isDurable = false;
    store.after = async () => {
      await setImmediate();
      await setImmediate();
      isDurable = true;
    };
    const answers = [once(1), once(1), () => 'refused' as const].map(async (decide) => {
      await repository.handle<'refused'>('s', decide, context);
      return isDurable;
    });
    expect(await Promise.all(answers)).toEqual([true, true, true]);
  });

  test('do not wait for another stream', async () => {
    const store = new ProbedStore();
    const repository = newAggregates(store);
    let release: () => void = () => undefined;
    store.before = (attempt) => (attempt === 1 ? new Promise((resolve) => (release = resolve)) : Promise.resolve());
    const slow = repository.handle('slow', add(1), context);
    await setImmediate();
    expect(await repository.handle('quick', add(1), context)).toMatchObject({ revision: 0 });
    release();
    expect(await slow).toMatchObject({ revision: 0 });
  });

  test('are refused when too many wait, and only those', async () => {
    const repository = newAggregates(new ProbedStore(), { waiting_max: 5 });
    const outcomes = await Promise.allSettled(upTo(8).map((n) => repository.handle('s', once(n), context)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    for (const outcome of outcomes.slice(5)) expect(outcome).toMatchObject({ reason: expect.any(StoreOverloaded) });
    expect((await repository.load('s')).state.added).toEqual(upTo(5));
  });

  test('of any kind are answered one by one, and accepted ones are recorded once, in order', async () => {
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
          const repository = newAggregates(store, limits);
          const answers: Promise<unknown>[] = [];
          for (const [n, [what, stream, ms]] of deeds.entries()) {
            answers.push(repository.handle<string>(`s${stream}`, decisions[what](n), context).then(shape, String));
            if (ms > 0) await setImmediate();
          }
          expect(await Promise.all(answers)).toEqual(deeds.map(([what], n) => expected[what](n)));
          for (const stream of [0, 1, 2]) {
            const { state } = await repository.load(`s${stream}`);
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
const decisions: { [D in Deed]: (n: number) => Adding | (() => string) } = {
  add: (n) => add(n),
  personal: (n) => add(n, `note ${n}`),
  nothing: () => recording(),
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
