import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  customer,
  type CustomerEvent,
  customerIn,
  type CustomerState,
  customerStream,
  type Decide,
  nine,
  record,
  recordProfile,
  type Rejection,
} from '#customer';
import { Repository, Catalog, Decoder, Keyring, MemoryEventStore, MemoryKeyStore } from '#event-store';
import { Projector, PROJECTOR, ReadModel } from '#read-model';
import { compileFilter, subjectOf } from '#segment';
import { filters } from '../../../../libs/segment/src/filters.fixture.js';
import { customerCodec } from '../codec.js';
import { MembershipEvaluator } from './membership-evaluator.js';
import { SegmentJudge } from './judge.js';
import { type SegmentDefinition, SEGMENTS, Segments } from './segments.js';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const SEGMENT_COUNT = 100;
const CUSTOMERS = 10_000;
const CHECKPOINTS = 3;
const FACTS = 1_500;
const HOUR_MS = 3_600_000;
const START_MS = Date.parse('2026-05-15T10:00:00.000Z');
const context = { actor: { channel: 'TEST' }, correlation_id: 'v-1' };
const hours = (n: number): string => new Date(START_MS + n * HOUR_MS).toISOString();

/** A fact with times at whole hours, so that an hourly check sees every change by time alone. */
type Telling = (id: string, now: string) => readonly [Decide<never>, object];
const tellings: fc.Arbitrary<Telling> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('x', 'a.b', '0'),
      fc.oneof(fc.constantFrom('Poland', '5', 5, true), fc.integer({ min: -900, max: 900 }).map(hours)),
    )
    .map(([key, value]): Telling => (id) => [
      recordProfile,
      { id, created: true, name: 'Poland', metadata: { [key]: value } },
    ]),
  fc
    .integer({ min: -30_000, max: 30_000 })
    .map((n): Telling => (id) => [recordProfile, { id, created: true, birthdate: hours(n).slice(0, 10) }]),
  fc
    .tuple(fc.constantFrom('1', '2'), fc.constantFrom(0, 5, 1_500), fc.constantFrom('PAID', 'CANCELED'))
    .map(([order, amount, status]): Telling => (id, now) => [
      record.order,
      { id: `${id}-${order}`, amount, status, created_at: nine(now), customer: { id } },
    ]),
  fc
    .constantFrom('page.viewed', 'a"b')
    .chain((type) =>
      fc.nat(5).map((n): Telling => (id) => [record.custom_event, { id: `${id}-${n}`, type, customer: { id } }]),
    ),
  fc
    .constantFrom('Poland', '5')
    .map((campaign): Telling => (id, now) => [
      record.publication,
      { id: `${id}-${campaign}-${now}`, result: 'SUCCESS', campaign: { id: campaign }, customer: { id } },
    ]),
  fc.constantFrom(1, 500).map((points): Telling => (id) => [
    record.points,
    {
      kind: 'earned',
      campaign: { name: 'Tiers 2' },
      voucher: { id: `card-${id}` },
      balance: { points },
      transaction: { id: `t-${id}-${points}` },
      customer: { id },
    },
  ]),
);

test(`members are the customers that match the filter, after random facts, times and crashes (seed ${SEED})`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'membership-'));
  const file = join(folder, 'read-model.db');
  const store = new MemoryEventStore();
  const keyring = new Keyring(new MemoryKeyStore());
  let hour = 0;
  const now = (): string => hours(hour);
  const repository = new Repository<CustomerState, CustomerEvent>(store, customerCodec, keyring, customer, {
    now,
    weigh: () => 1,
    cache_weight_max: 50_000,
  });
  const catalog = new Catalog<SegmentDefinition>(store, SEGMENTS, now);
  let seed = SEED;
  const some = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number): T[] => fc.sample(arbitrary, { numRuns, seed: seed++ });
  const die = (): number => some(fc.nat(1_000_000), 1)[0] ?? 0;

  const tell = async (count: number): Promise<void> => {
    const ids = some(fc.nat(CUSTOMERS - 1), count);
    for (const [n, telling] of some(tellings, count).entries()) {
      const id = `cust_${ids[n] ?? 0}`;
      const [rule, fact] = telling(id, now());
      await repository.handle<Rejection>(
        customerStream(id),
        ({ state }) => rule(state, fact as never, { at: nine(now()) }),
        context,
      );
    }
  };

  /** Projects and evaluates until no work is left; sometimes everything breaks off in between and restarts. */
  const settle = async (): Promise<void> => {
    for (let isOver = false; !isOver;) {
      const model = await ReadModel.open({ file });
      const over = new AbortController();
      let budget = 1 + (die() % 40);
      const end = (): void => {
        isOver = true;
        over.abort();
      };
      const parts = {
        segments: new Segments(new Catalog<SegmentDefinition>(store, SEGMENTS, now)),
        repository,
        model,
        now,
        onChanges: () => undefined,
      };
      const evaluator = new MembershipEvaluator(parts);
      const turns = async (): Promise<void> => {
        let idle = 0;
        while (!over.signal.aborted) {
          const head = await store.head();
          const isBusy = await evaluator.turn();
          const reached = (await model.reached(PROJECTOR))?.position ?? 0n;
          const due = await model.segmentWork.due(now(), 1);
          idle = isBusy || due.length > 0 || reached < head ? 0 : idle + 1;
          if (idle > 2) return end();
          if (--budget === 0) return over.abort();
          await new Promise((resolve) => setTimeout(resolve, 3));
        }
      };
      const projector = new Projector(model, store, new Decoder<CustomerEvent>(customerCodec, keyring), {
        batch_size_max: 1 + (die() % 500),
        interval_ms: 0,
        judge: new SegmentJudge(store, now),
        onError: (error) => {
          throw error;
        },
      });
      await Promise.all([projector.run(over.signal), turns()]);
      await model.close();
      budget = 0;
    }
  };

  const segments = some(filters, SEGMENT_COUNT).map((filter, n) => ({ id: `seg_${n}`, filter: compileFilter(filter) }));
  const define = async (from: number, to: number): Promise<void> => {
    for (const { id, filter } of segments.slice(from, to))
      await catalog.define(id, () => ({ name: id, type: 'auto-update', filter: filter.source }), context);
  };

  const expected = new Map<string, number>();
  const wrong: string[] = [];
  /** The members of every segment by the predicate alone. */
  const compare = async (defined: number): Promise<void> => {
    for (let n = 0; n < CUSTOMERS; n++) {
      const id = `cust_${n}`;
      const { state } = await repository.load(customerStream(id));
      if (state.status !== 'active') continue;
      const subject = subjectOf(id, state.head);
      for (const { id: segment, filter } of segments.slice(0, defined)) {
        const isMember = filter.matches(subject, now());
        if (isMember !== Object.hasOwn(state.head.segments, segment))
          wrong.push(`${now()} ${id} ${segment} ${isMember}`);
      }
    }
  };
  /** The number of results that time alone changes for some filters and customers, by an hourly check. */
  const WATCHED = 40;
  const watch = async (from: number, to: number, defined: number): Promise<void> => {
    const times = Array.from({ length: to - from }, (_, n) => hours(from + 1 + n));
    for (let n = 0; n < WATCHED; n++) {
      const id = `cust_${n}`;
      const { state } = await repository.load(customerStream(id));
      if (state.status !== 'active') continue;
      const subject = subjectOf(id, state.head);
      for (const { id: segment, filter } of segments.slice(0, defined)) {
        let truth = Object.hasOwn(state.head.segments, segment);
        for (const time of times) {
          const is = filter.matches(subject, time);
          if (is !== truth) expected.set(`${id} ${segment}`, (expected.get(`${id} ${segment}`) ?? 0) + 1);
          truth = is;
        }
      }
    }
  };
  const flips = async (after: bigint): Promise<Map<string, number>> => {
    const counts = new Map<string, number>();
    for await (const { stream, type, data } of store.readAll(after)) {
      if (type !== 'SegmentEntered' && type !== 'SegmentLeft') continue;
      const key = `${customerIn(stream)} ${(data['segment'] as { id: string }).id}`;
      if (Number(customerIn(stream).slice(5)) < WATCHED) counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  };

  try {
    await define(0, SEGMENT_COUNT / 2);
    for (let n = 0; n < CUSTOMERS; n += 4)
      await repository.handle<Rejection>(
        customerStream(`cust_${n}`),
        ({ state }) => recordProfile(state, { id: `cust_${n}`, created: true, name: 'Poland' }, { at: nine(now()) }),
        context,
      );
    await settle();
    await compare(SEGMENT_COUNT / 2);
    await define(SEGMENT_COUNT / 2, SEGMENT_COUNT);
    for (let checkpoint = 0; checkpoint < CHECKPOINTS; checkpoint++) {
      await tell(FACTS);
      await settle();
      await compare(SEGMENT_COUNT);
      const [before, head] = [hour, await store.head()];
      hour += 1 + (die() % 900);
      expected.clear();
      await watch(before, hour, SEGMENT_COUNT);
      await settle();
      await compare(SEGMENT_COUNT);
      expect(wrong.slice(0, 5)).toEqual([]);
      expect([...(await flips(head))].sort()).toEqual([...expected].sort());
    }
    const last = new Map<string, string>();
    const repeated: string[] = [];
    let alternating = 0;
    for await (const { stream, type, data } of store.readAll()) {
      if (type !== 'SegmentEntered' && type !== 'SegmentLeft') continue;
      const key = `${stream} ${(data['segment'] as { id: string }).id}`;
      if (type === (last.get(key) ?? 'SegmentLeft')) repeated.push(`${type} ${key}`);
      last.set(key, type);
      alternating += 1;
    }
    expect(repeated).toEqual([]);
    expect(alternating).toBeGreaterThan(CUSTOMERS);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
