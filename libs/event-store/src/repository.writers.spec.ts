import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  add,
  added,
  context,
  newAggregates,
  newKeyring,
  once,
  ProbedStore,
  recordedIn,
  recording,
  type Tally,
  upTo,
} from './controls.js';
import { StoreOverloaded } from './event-store.js';
import { TooManyConflicts } from './repository.js';
import { verifyStream } from './verify.js';

describe('several writers of one stream', () => {
  test('lose and duplicate no event', async () => {
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
            answers.push(instances[who]!.handle('s', once(n), context));
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

  test('read only the events after the cached state', async () => {
    const store = new ProbedStore();
    const [here, there] = [newAggregates(store), newAggregates(store)];
    await here.handle('s', recording(...upTo(50).map((n) => added(n))), context);
    await there.handle('s', add(50), context);
    const reads: unknown[] = [];
    const read = store.read.bind(store);
    store.read = (...args) => (reads.push(args[1]), read(...args));
    expect(await here.handle('s', add(51), context)).toMatchObject({ revision: 51, state: { added: upTo(52) } });
    expect(reads).toEqual([{ from: 50 }]);
  });

  test('give up after a bounded number of lost races, and say so', async () => {
    const store = new ProbedStore();
    const [here, there] = [newAggregates(store, { attempts_max: 3 }), newAggregates(store)];
    store.before = async (attempt) => void (attempt % 2 === 1 && (await there.handle('s', add(attempt), context)));
    const losing = here.handle('s', add(-1), context);
    await expect(losing).rejects.toThrow(TooManyConflicts);
    await expect(losing).rejects.toMatchObject({ stream: 's', attempts: 3 });
    store.before = () => Promise.resolve();
    expect(await here.handle('s', add(9), context)).toMatchObject({ revision: 3 });
  });

  test('refuse, and return without events, only on the latest state', async () => {
    const store = new ProbedStore();
    const [here, there] = [newAggregates(store), newAggregates(store)];
    const isEmpty = ({ state }: { readonly state: Tally }): string =>
      state.added.length === 0 ? 'empty' : 'not empty';
    expect(await here.handle<string>('s', isEmpty, context)).toBe('empty');
    await there.handle('s', add(1), context);
    expect(await here.handle<string>('s', isEmpty, context)).toBe('not empty');
    await there.handle('s', add(2), context);
    expect(await here.load('s')).toMatchObject({ revision: 1, state: { added: [1, 2] } });
  });

  test('a sole writer does not read', async () => {
    const store = new ProbedStore();
    const repository = newAggregates(store, { isSoleWriter: true });
    await repository.handle('s', once(1), context);
    for (let n = 0; n < 5; n++) await repository.handle('s', once(1), context);
    expect(store.reads).toBe(1);
  });
});

describe('when an append fails', () => {
  test('all its decisions are rejected, also those without events; the next one reads the store', async () => {
    const store = new ProbedStore();
    const repository = newAggregates(store);
    store.before = (attempt) => (attempt === 1 ? Promise.reject(new Error('disk full')) : Promise.resolve());
    const answers = await Promise.allSettled(
      [once(1), once(1), () => 'refused', once(2)].map((decide) => repository.handle<unknown>('s', decide, context)),
    );
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 'rejected', reason: { message: 'disk full' } });
    expect(await repository.handle('s', once(1), context)).toMatchObject({ revision: 0, changed: true });
  });

  test('although it was written, a repetition finds the events and adds none', async () => {
    const store = new ProbedStore();
    const repository = newAggregates(store);
    store.after = (attempt) => (attempt === 1 ? Promise.reject(new Error('connection lost')) : Promise.resolve());
    await expect(repository.handle('s', once(1), context)).rejects.toThrow('connection lost');
    expect(await repository.handle('s', once(1), context)).toMatchObject({ revision: 0, changed: false });
    expect(await repository.handle('s', once(2), context)).toMatchObject({ revision: 1 });
    expect(await verifyStream(await recordedIn(store, 's'))).toMatchObject({ valid: true, events: 2 });
  });

  test('a sole writer reads the store, too', async () => {
    const store = new ProbedStore();
    const repository = newAggregates(store, { isSoleWriter: true });
    store.after = () => Promise.reject(new Error('connection lost'));
    await expect(repository.handle('s', once(1), context)).rejects.toThrow('connection lost');
    expect(await repository.load('s')).toMatchObject({ revision: 0, state: { added: [1] } });
  });

  test('because the store is overloaded, the cache is kept', async () => {
    const store = new ProbedStore();
    const repository = newAggregates(store, { isSoleWriter: true });
    await repository.handle('s', once(1), context);
    store.before = (attempt) => (attempt === 2 ? Promise.reject(new StoreOverloaded()) : Promise.resolve());
    await expect(repository.handle('s', once(2), context)).rejects.toThrow(StoreOverloaded);
    expect(await repository.handle('s', once(2), context)).toMatchObject({ revision: 1 });
    expect(store.reads).toBe(1);
  });

  test('or a stream cannot be read, waiting decisions are rejected, and may try again', async () => {
    const store = new ProbedStore();
    await newAggregates(store).handle('s', add(1, 'Jane'), context);
    const withoutItsKey = newAggregates(store);
    await expect(withoutItsKey.handle('s', add(2), context)).rejects.toThrow(
      'event 0 (Added) of stream s cannot be read',
    );
    await expect(withoutItsKey.load('s')).rejects.toThrow('not in the key store');
    expect(await withoutItsKey.handle('t', add(2), context)).toMatchObject({ revision: 0 });
  });
});

describe('the cache', () => {
  test('loads a cold stream once for concurrent decisions', async () => {
    const store = new ProbedStore();
    await newAggregates(store).handle('s', add(1), context);
    const { reads } = store;
    const repository = newAggregates(store, { isSoleWriter: true });
    await Promise.all([
      ...upTo(5).map(() => repository.load('s')),
      ...upTo(5).map((n) => repository.handle('s', once(n), context)),
    ]);
    expect(store.reads - reads).toBe(1);
  });

  test('evicts by weight and loses nothing', async () => {
    const store = new ProbedStore();
    const keyring = newKeyring();
    const repository = newAggregates(store, { cache_weight_max: 10, isSoleWriter: true }, keyring);
    for (let n = 0; n < 100; n++) await repository.handle(`s${(n * 7) % 20}`, add(n, `note ${n}`), context);
    for (let s = 0; s < 20; s++) {
      const { state, revision } = await repository.load(`s${s}`);
      expect([state.added.length, state.notes.length, revision]).toEqual([5, 5, 4]);
      expect(await verifyStream(await recordedIn(store, `s${s}`))).toMatchObject({ valid: true, events: 5 });
    }
    expect(store.reads).toBeGreaterThan(100);
  });

  test('forgets on request', async () => {
    const store = new ProbedStore();
    const repository = newAggregates(store, { isSoleWriter: true });
    store.before = async () => repository.forget('s');
    await repository.handle('s', add(1), context);
    const { reads } = store;
    expect((await repository.load('s')).state.added).toEqual([1]);
    await setImmediate();
    repository.forget('s');
    expect((await repository.load('s')).state.added).toEqual([1]);
    expect(store.reads - reads).toBe(2);
  });
});
