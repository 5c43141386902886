import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type CustomerState, leaves, orderedAt, shown as shownTime, toDocument } from '#customer';
import { canonical } from '#encoding';
import type { RecordedEvent } from '#event-store';
import { tell, type RandomFact } from '../../customer/src/history.fixture.js';
import { holdsInTime, runs } from '../../customer/src/runs.fixture.js';
import { diff } from './diff.js';
import { explain, selector } from './explain.js';
import { aTelling, type Ledger, ledgerOf } from './history.double.js';
import { documentOf, History, type Moment } from './history.js';

const ID = 'cust_x';
const NOW: Moment = { recorded_at: '9999-12-31T00:00:00.000Z' };
/** Canonical, because sealed fields come back with sorted keys. */
const text = (state: CustomerState): string => canonical(documentOf(ID, state) ?? null);

/** Decrypts an event once, though a history reads it for each of many moments. */
function decodedOnce({ decoder }: Ledger): Pick<Ledger['decoder'], 'decode'> {
  const known = new Map<bigint, ReturnType<typeof decoder.decode>>();
  const decode = (event: RecordedEvent): ReturnType<typeof decoder.decode> => {
    const decoded = known.get(event.position) ?? decoder.decode([event]);
    known.set(event.position, decoded);
    return decoded;
  };
  return { decode: async (events) => (await Promise.all(events.map(decode))).flat() };
}

/** 50 moments for each kind of moment, spread over a history and beyond both ends. */
function momentsOf({ events }: Ledger): { moment: Moment; isBefore: Parameters<Ledger['fold']>[0] }[] {
  const spread = Array.from({ length: 13 }, (_, n) => Math.round((n / 11) * events.length) - 1);
  return spread.flatMap((index) => {
    const at = events[Math.max(0, index)];
    if (at === undefined) return [];
    const happened_at = `2024-05-0${1 + (Math.abs(index) % 7)}T11:00:00.000Z`;
    return [
      { moment: { revision: index }, isBefore: (_: unknown, revision: number) => revision <= index },
      { moment: { position: at.position }, isBefore: ({ position }: { position: bigint }) => position <= at.position },
      {
        moment: { recorded_at: at.recorded_at },
        isBefore: (one: { recorded_at: string }) => one.recorded_at <= at.recorded_at,
      },
      { moment: { happened_at }, isBefore: ({ event }) => event.occurred_at <= happened_at },
    ];
  });
}

const credit = (turn: number, at: string): readonly [RandomFact, number] => [
  {
    rule: 'credit',
    input: { campaign: { id: 'c', name: 'C' }, referee_id: 'bob', named_source_id: 'ada', turn, given: turn === 1 },
    at,
  },
  1,
];
/** The earlier turn of a referee comes last: it leaves no event, at no moment. */
const CREDITS = [
  [{ rule: 'profile', input: { source_id: 'ada', created: true }, at: '2024-05-01T10:00:00.000000000Z' }, 1],
  credit(2, '2024-05-07T10:00:00.000000000Z'),
  credit(1, '2024-05-01T10:00:00.000000000Z'),
] as [RandomFact, number][];

describe('1,000 histories', () => {
  test('as of any moment equal a fresh fold of the events until then, byte for byte', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(aTelling, async (telling) => {
        const ledger = await ledgerOf(ID, telling);
        const history = new History(ledger.store, decodedOnce(ledger));
        const { state: now } = await history.standing(ID, NOW);
        // each is folded once: what was recorded until a moment is always the beginning of the events
        const beginnings = [-1, ...ledger.events.keys()].map((end) =>
          text(ledger.fold((_, revision) => revision <= end)),
        );
        const happened = new Map<string, string>();
        for (const { moment, isBefore } of momentsOf(ledger)) {
          const { state } = await history.standing(ID, moment);
          if ('happened_at' in moment) {
            const { happened_at } = moment;
            // the facts until then, told to a customer of whom nothing else is known
            const expected = happened.get(happened_at) ?? text(tell(ledger.told.filter(({ at }) => at <= happened_at)));
            happened.set(happened_at, expected);
            expect(text(state)).toBe(expected);
          } else expect(text(state)).toBe(beginnings[ledger.events.filter(isBefore).length]);
          compared++;
        }
        expect(text(now)).toBe(beginnings.at(-1));
        const ever = await history.standing(ID, { happened_at: '9999-12-31T00:00:00.000Z' });
        expect(text(ever.state)).toBe(text(now));
      }),
      { numRuns: 1_000, examples: [[CREDITS]] },
    );
    expect(compared).toBeGreaterThan(45_000);
  });

  test('have diffs that compose', async () => {
    const three = fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100)).map((all) => all.sort((a, b) => a - b));
    await fc.assert(
      fc.asyncProperty(aTelling, three, async (telling, cuts) => {
        const ledger = await ledgerOf(ID, telling);
        const [a, b, c] = cuts.map((cut) => Math.round((cut / 100) * ledger.events.length) - 1) as [
          number,
          number,
          number,
        ];
        const clocks = [
          [{ revision: a }, { revision: b }, { revision: c }],
          [1, 2, 3].map((n) => ({ happened_at: `2024-05-0${2 * n - 1}T10:00:00.000Z` })),
        ] as [Moment, Moment, Moment][];
        for (const [first, second, third] of clocks) {
          const at = async (moment: Moment) => leavesAt((await ledger.history.standing(ID, moment)).state);
          const stepped = apply(
            apply(await at(first), await diff(ledger.history, ID, first, second)),
            await diff(ledger.history, ID, second, third),
          );
          const direct = await diff(ledger.history, ID, first, third);
          expect(stepped).toEqual(await at(third));
          expect(apply(await at(first), direct)).toEqual(await at(third));
          for (const { events } of direct.changes) expect(events.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('explain every leaf: its value is that of the document, its parts sum to it, the last event set a text', () => {
    const property = fc.asyncProperty(aTelling, async (telling) => {
      const ledger = await ledgerOf(ID, telling);
      const state = ledger.fold(() => true);
      const shown = state.status === 'active' ? new Map(leaves(toDocument(ID, state))) : new Map<string, unknown>();
      const all = await explain(ledger.history, ID, NOW, selector(undefined));
      const until = [-1, ...ledger.events.keys()].map((end) => leavesAt(ledger.fold((_, revision) => revision <= end)));
      for (const { path, value, kind, events, earlier, operands } of all) {
        expect(value).toEqual(shown.get(path));
        if (typeof value === 'number')
          expect(events.reduce((sum, { delta = 0 }) => sum + delta, earlier?.delta ?? 0)).toBe(value);
        else if (events.length > 0) expect(events.at(-1)?.after).toEqual(value);
        if (kind === 'derived') expect(computed(path, operands, state)).toBe(value);
        for (const { revision, before, after } of events) {
          expect([before, after]).toEqual([until[revision]?.get(path), until[revision + 1]?.get(path)]);
        }
      }
      const explained = new Set(all.map(({ path }) => path));
      expect(explained.size).toBe(all.length);
      expect([...shown.keys()].filter((path) => !explained.has(path))).toEqual([]);
    });
    return holdsInTime('every figure is explained', property, runs(300, 1_000));
  });
});

/** A derived figure, computed from its operands and the order that they name. */
function computed(path: string, operands: unknown, { entities }: CustomerState): unknown {
  const given = operands as {
    order_id?: string;
    total_amount?: number;
    orders_with_amount?: number;
    cards?: Record<
      string,
      { added?: number; redeemed?: number; granted?: number; spent?: number; available?: boolean }
    >;
  };
  const order = entities.get('order', given.order_id ?? '');
  if (path.endsWith('last_order_amount')) return order?.values.amount ?? 0;
  if (path.endsWith('last_order_date')) return order && shownTime(orderedAt(order));
  if (path.endsWith('average_amount'))
    return given.orders_with_amount === 0 ? 0 : Math.round((given.total_amount ?? 0) / (given.orders_with_amount ?? 0));
  const left = Object.values(given.cards ?? {}).map(({ added, granted = 0, redeemed, spent = 0, available = true }) =>
    available ? Math.max(0, (added ?? granted) - (redeemed ?? spent)) : 0,
  );
  return left.reduce((sum, one) => sum + one, 0);
}

const leavesAt = (state: CustomerState): Map<string, unknown> => {
  const document = documentOf(ID, state);
  return new Map(document === undefined ? [] : leaves(document));
};

function apply(document: Map<string, unknown>, { changes }: Awaited<ReturnType<typeof diff>>): Map<string, unknown> {
  const after = new Map(document);
  for (const change of changes) {
    if ('from' in change) expect(after.get(change.path)).toEqual(change.from);
    if ('to' in change) after.set(change.path, change.to);
    else after.delete(change.path);
  }
  return after;
}

describe('a late order', () => {
  test('changes the state by business time, never the state as known', async () => {
    const order = (id: string, amount: number, at: string) =>
      [{ rule: 'order' as const, input: { id, status: 'PAID', amount }, at }, 1_000] as const;
    const first = order('ord_1', 100, '2024-05-01T10:00:00.000Z');
    const ledger = await ledgerOf(ID, [first]);
    const known_at = ledger.now();
    await ledger.tell(ID, order('ord_2', 50, '2024-04-01T10:00:00.000Z')[0], 1_000);
    const total = async (moment: Moment): Promise<unknown> =>
      leavesAt((await ledger.history.standing(ID, moment)).state).get('/summary/orders/total_amount');
    expect(await total({ recorded_at: known_at })).toBe(100);
    expect(await total({ happened_at: '2024-04-15T00:00:00.000Z' })).toBe(50);
    expect(await total({ happened_at: '2024-06-01T00:00:00.000Z' })).toBe(150);
    expect(await total({ recorded_at: ledger.now() })).toBe(150);
  });
});

describe('a path', () => {
  test.each([
    ['/loyalty/campaigns/Tiers 2.0/points', true],
    ['loyalty.campaigns.Tiers 2.0.points', true],
    ['loyalty.campaigns', true],
    ['/loyalty', true],
    ['loyalty.campaigns.Tiers 2', false],
    ['/loyalty/camp', false],
  ])('%s selects by JSON Pointer or dotted name', (asked, isMeant) => {
    expect(selector(asked)('/loyalty/campaigns/Tiers 2.0/points')).toBe(isMeant);
  });
});
