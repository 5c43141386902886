import { randomUUID } from 'node:crypto';

import { describe, expect, test } from '@jest/globals';

import {
  StreamDeleted,
  WrongRevision,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
  type ReadOptions,
} from './event-store.js';
import { closingChecks } from './event-store.contract.closing.js';
import { followingChecks } from './event-store.contract.following.js';
import {
  collect,
  ownSince,
  expectGrowing,
  fill,
  idsIn,
  idsOf,
  newEvent,
  newEvents,
  type Check,
} from './event-store.contract.tools.js';

export interface Opened {
  readonly store: EventStore;
  close(): Promise<void>;
}

type Outcome = 'ok' | typeof WrongRevision | typeof StreamDeleted;

async function expectOutcome(work: Promise<unknown>, outcome: Outcome): Promise<void> {
  if (outcome === 'ok') await expect(work).resolves.not.toThrow();
  else await expect(work).rejects.toBeInstanceOf(outcome);
}

type Situation = 'missing' | 'two events' | 'soft-deleted' | 'tombstoned';

async function arrange(store: EventStore, situation: Situation): Promise<string> {
  const stream = `s-${randomUUID()}`;
  if (situation === 'missing') return stream;
  await store.append(stream, 'no-stream', newEvents(2));
  if (situation === 'soft-deleted') await store.delete(stream, 1);
  if (situation === 'tombstoned') await store.delete(stream, 1, 'hard');
  return stream;
}

const appendTable: readonly [Situation, ExpectedRevision, Outcome][] = [
  ['missing', 'any', 'ok'],
  ['missing', 'no-stream', 'ok'],
  ['missing', 'stream-exists', WrongRevision],
  ['missing', 0, WrongRevision],
  ['two events', 'any', 'ok'],
  ['two events', 'no-stream', WrongRevision],
  ['two events', 'stream-exists', 'ok'],
  ['two events', 0, WrongRevision],
  ['two events', 1, 'ok'],
  ['two events', 2, WrongRevision],
  ['soft-deleted', 'any', 'ok'],
  ['soft-deleted', 'no-stream', 'ok'],
  ['soft-deleted', 'stream-exists', StreamDeleted],
  ['soft-deleted', 0, WrongRevision],
  ['soft-deleted', 1, 'ok'],
  ['tombstoned', 'any', StreamDeleted],
  ['tombstoned', 'no-stream', StreamDeleted],
  ['tombstoned', 'stream-exists', StreamDeleted],
  ['tombstoned', 1, StreamDeleted],
];

async function expectedRevisions(store: EventStore): Promise<void> {
  const begin = await store.head();
  for (const [situation, expected, outcome] of appendTable) {
    const stream = await arrange(store, situation);
    const before = await ownSince(store, begin, stream);
    await expectOutcome(store.append(stream, expected, [newEvent()]), outcome);
    expect(await ownSince(store, begin, stream)).toHaveLength(before.length + (outcome === 'ok' ? 1 : 0));
  }
}

async function wrongRevisionTells(store: EventStore): Promise<void> {
  const stream = await arrange(store, 'two events');
  await expect(store.append(stream, 7, [newEvent()])).rejects.toMatchObject({ stream, expected: 7, actual: 1 });
  const refused = store.append('nowhere', 0, [newEvent()]);
  await expect(refused).rejects.toMatchObject({ stream: 'nowhere', expected: 0, actual: 'no-stream' });
}

const deleteTable: readonly [Situation, ExpectedRevision, 'soft' | 'hard', Outcome][] = [
  ['missing', 'any', 'soft', WrongRevision],
  ['missing', 'no-stream', 'soft', WrongRevision],
  ['missing', 'any', 'hard', 'ok'],
  ['missing', 'no-stream', 'hard', 'ok'],
  ['two events', 0, 'soft', WrongRevision],
  ['two events', 2, 'hard', WrongRevision],
  ['two events', 'no-stream', 'hard', WrongRevision],
  ['two events', 'stream-exists', 'soft', 'ok'],
  ['soft-deleted', 'stream-exists', 'hard', StreamDeleted],
  ['soft-deleted', 'any', 'hard', 'ok'],
  ['tombstoned', 'any', 'hard', StreamDeleted],
];

async function deletions(store: EventStore): Promise<void> {
  for (const [situation, expected, kind, outcome] of deleteTable) {
    const stream = await arrange(store, situation);
    await expectOutcome(store.delete(stream, expected, kind), outcome);
    if (outcome === 'ok') expect(await idsIn(store, stream)).toEqual([]);
  }
}

async function softDeletion(store: EventStore): Promise<void> {
  const begin = await store.head();
  const stream = await arrange(store, 'soft-deleted');
  expect(await collect(store.read(stream, { direction: 'backwards' }))).toEqual([]);
  const again = newEvent();
  const receipt = await store.append(stream, 'no-stream', [again]);
  expect(receipt.revision).toBe(2);
  expect(await store.append(stream, 'no-stream', [again])).toEqual(receipt);
  expect(await idsIn(store, stream)).toEqual([again.id]);
  expect(await idsIn(store, stream, { from: 0 })).toEqual([again.id]);
  expect(await idsIn(store, stream, { direction: 'backwards' })).toEqual([again.id]);
  const all = await ownSince(store, begin, stream);
  expect(all.map(({ revision }) => revision)).toEqual([0, 1, 2]);
}

async function tombstone(store: EventStore): Promise<void> {
  const begin = await store.head();
  const stream = await arrange(store, 'tombstoned');
  expect(await idsIn(store, stream)).toEqual([]);
  expect(await ownSince(store, begin, stream)).toHaveLength(2);
  const missing = `s-${randomUUID()}`;
  await store.delete(missing, 'any', 'hard');
  await expectOutcome(store.append(missing, 'no-stream', [newEvent()]), StreamDeleted);
}

async function repetitionOfExact(store: EventStore, run: string): Promise<void> {
  const [a, b, c, d] = newEvents(4) as [NewEvent, NewEvent, NewEvent, NewEvent];
  const first = await store.append(`${run}r`, 'no-stream', [a, b]);
  const second = await store.append(`${run}r`, 1, [c]);
  expect(await store.append(`${run}r`, 'no-stream', [a, b])).toEqual(first);
  expect(await store.append(`${run}r`, 1, [c])).toEqual(second);
  for (const events of [[b, a], [a, d], [d], [a, b, c, d]]) {
    await expectOutcome(store.append(`${run}r`, 'no-stream', events), WrongRevision);
  }
  expect(await idsIn(store, `${run}r`)).toEqual(idsOf([a, b, c]));
  expect((await store.append(`${run}r`, 2, [c])).revision).toBe(3);
  expect((await store.append(`${run}other`, 'no-stream', [a, b])).revision).toBe(1);
}

async function repetitionOfLoose(store: EventStore, run: string): Promise<void> {
  const [a, b, c] = newEvents(3) as [NewEvent, NewEvent, NewEvent];
  const receipt = await store.append(`${run}l`, 'any', [a, b]);
  expect(await store.append(`${run}l`, 'any', [a, b])).toEqual(receipt);
  expect(await store.append(`${run}l`, 'stream-exists', [a, b])).toEqual(receipt);
  await expectOutcome(store.append(`${run}l`, 'any', [a, c]), WrongRevision);
  expect((await store.append(`${run}l`, 'any', [c])).revision).toBe(2);
  expect(await idsIn(store, `${run}l`)).toEqual(idsOf([a, b, c]));
}

async function emptyAppend(store: EventStore, run: string): Promise<void> {
  expect(await store.append(`${run}e`, 'any', [])).toEqual({ revision: -1, position: 0n });
  const receipt = await store.append(`${run}e`, 'no-stream', newEvents(2));
  expect(await store.append(`${run}e`, 1, [])).toEqual(receipt);
  expect(await idsIn(store, `${run}e`)).toHaveLength(2);
}

const numbered = (size: number, index: number): NewEvent[] =>
  newEvents(size).map((event) => ({ ...event, data: { index } }));

async function wholeAppends(store: EventStore, run: string): Promise<void> {
  const sizes = [1, 5, 2, 9, 3, 7, 4, 8];
  const begin = await store.head();
  const receipts = await Promise.all(
    sizes.map((size, index) => store.append(`${run}w-${index % 3}`, 'any', numbered(size, index))),
  );
  const all = await ownSince(store, begin, run);
  expect(all).toHaveLength(sizes.reduce((sum, size) => sum + size));
  expectGrowing(all);
  const runs = all.filter((event, at) => event.data['index'] !== all[at - 1]?.data['index']);
  expect(runs).toHaveLength(sizes.length);
  for (const [index, receipt] of receipts.entries()) {
    const last = all.findLast((event) => event.data['index'] === index);
    expect({ revision: last?.revision, position: last?.position }).toEqual(receipt);
  }
}

async function readsBack(store: EventStore, run: string): Promise<void> {
  const events = newEvents(3);
  const before = await store.head();
  const receipt = await store.append(`${run}b`, 'no-stream', events);
  const read = await collect(store.read(`${run}b`));
  expect(read.map(({ stream, revision, position: _, ...event }) => ({ stream, revision, event }))).toEqual(
    events.map((event, revision) => ({ stream: `${run}b`, revision, event })),
  );
  expect(read.at(-1)?.position).toBe(receipt.position);
  expect(read.every(({ position }) => position > before)).toBe(true);
  expect(await collect(store.read(`${run}never`))).toEqual([]);
}

async function readsStretches(store: EventStore, run: string): Promise<void> {
  const ids = idsOf(await fill(store, `${run}x`, 1300));
  const backwards = ids.toReversed();
  const cases: [ReadOptions, string[]][] = [
    [{}, ids],
    [{ from: 1298 }, ids.slice(1298)],
    [{ from: 1300 }, []],
    [{ from: 3, limit: 2 }, ids.slice(3, 5)],
    [{ limit: 0 }, []],
    [{ limit: 700 }, ids.slice(0, 700)],
    [{ direction: 'backwards' }, backwards],
    [{ direction: 'backwards', from: 4 }, backwards.slice(-5)],
    [{ direction: 'backwards', from: 9999, limit: 3 }, backwards.slice(0, 3)],
    [{ direction: 'backwards', from: 1000, limit: 600 }, backwards.slice(299, 899)],
  ];
  for (const [options, wanted] of cases) expect(await idsIn(store, `${run}x`, options)).toEqual(wanted);
}

async function readsAll(store: EventStore, run: string): Promise<void> {
  const begin = await store.head();
  await fill(store, `${run}a`, 1100);
  const all = await ownSince(store, begin, run);
  expect(all).toHaveLength(1122);
  expectGrowing(all);
  expect((await store.head()) >= (all.at(-1)?.position ?? 0n)).toBe(true);
  for (const at of [0, 1, 511, 512, 777, 1121]) {
    const after = all[at]?.position as bigint;
    const rest = all.slice(at + 1);
    expect(await ownSince(store, after, run)).toEqual(rest);
    const some = await collect(store.readAll(after, 600));
    expect(some.length).toBeGreaterThanOrEqual(Math.min(600, rest.length));
    expect(some.length).toBeLessThanOrEqual(600);
    const own = some.filter(({ stream }) => stream.startsWith(run));
    expect(own).toEqual(rest.slice(0, own.length));
  }
  expect(await collect(store.readAll(0n, 0))).toEqual([]);
}

async function oneWinner(store: EventStore, run: string): Promise<void> {
  await store.append(`${run}c`, 'no-stream', [newEvent()]);
  const tries = await Promise.allSettled(Array.from({ length: 64 }, () => store.append(`${run}c`, 0, [newEvent()])));
  const refused = tries.filter((result) => result.status === 'rejected');
  expect(refused).toHaveLength(63);
  expect(refused.every(({ reason }) => reason instanceof WrongRevision)).toBe(true);
  expect(await collect(store.read(`${run}c`))).toHaveLength(2);
}

/** Every check by its guarantee. None depends on other contents of the store. */
export const checks = {
  'an append is accepted exactly when the expected revision allows it': expectedRevisions,
  'a refused append names the present revision': wrongRevisionTells,
  'a deletion is accepted exactly when the expected revision allows it': deletions,
  'a soft-deleted stream reads as empty and goes on at the next revision': softDeletion,
  'a tombstone is final': tombstone,
  'repeating an append with an exact expectation answers with the first receipt': repetitionOfExact,
  'repeating an append without one answers with the first receipt': repetitionOfLoose,
  'an empty append changes nothing': emptyAppend,
  'the events of one append stand together': wholeAppends,
  'reads return the appended events': readsBack,
  'a stream is read in both directions, from anywhere, up to a limit': readsStretches,
  'the whole log is read after any position, up to a limit': readsAll,
  'one of 64 writers with the same expectation wins': oneWinner,
  ...followingChecks,
  ...closingChecks,
} satisfies Record<string, Check>;

/** Runs one check, under unique stream names. */
export async function run(check: Check, open: () => Promise<Opened>): Promise<void> {
  const opened = await open();
  try {
    await check(opened.store, `${randomUUID()}-`);
  } finally {
    await opened.close();
  }
}

/** The contract of every event store. */
export function eventStoreContract(name: string, open: () => Promise<Opened>): void {
  describe(`${name} fulfils the contract of an event store`, () => {
    for (const [title, check] of Object.entries(checks)) test(title, () => run(check, open));
  });
}
