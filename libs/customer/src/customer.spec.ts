import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { customer, type CustomerEvent, customerFrom, type CustomerState, personal, touches } from './customer.js';
import { toDocument } from './document.js';
import { entityKinds } from './entities.js';
import { Rejection } from './fold.js';
import { aHistory, aRetelling, decide, tell, type Told } from './history.fixture.js';
import { isCounted, orderedAt } from './order.js';

const RUNS = { numRuns: 400 };
const render = (state: CustomerState): string => JSON.stringify(sorted(toDocument('cust_x', state)));

/** Keys in one order: documents are equal as JSON values. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value))
    Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

/** All events that a history leaves. */
function eventsOf(history: readonly Told[]): CustomerEvent[] {
  let state = customer.initial;
  return history.flatMap((told) => {
    const events = decide(state, told);
    if (events instanceof Rejection) throw new Error(events.code);
    state = events.reduce(customer.evolve, state);
    return [...events];
  });
}

describe('facts in any order, any number of times', () => {
  test('give the same document, byte for byte', () => {
    fc.assert(
      fc.property(
        aHistory.chain((history) => fc.tuple(fc.constant(history), aRetelling(history))),
        ([history, retold]) => {
          expect(render(tell(retold))).toBe(render(tell(history)));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test('told once more they leave no event', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        const state = tell(history);
        for (const told of history) expect(decide(state, told)).toEqual([]);
      }),
      RUNS,
    );
  });
});

describe('the laws of the numbers', () => {
  test('attempts, rollbacks and points add up', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        const state = tell(history);
        const { summary, loyalty } = toDocument('cust_x', state) as never as {
          summary: { redemptions: Record<string, number> };
          loyalty: {
            points: number;
            referred_customers: number;
            campaigns: Record<string, { points: number; referred_customers: number }>;
          };
        };
        const { redemptions: r } = summary;
        expect(r['total_redeemed']).toBe((r['total_succeeded'] ?? 0) + (r['total_failed'] ?? 0));
        expect(r['total_rolled_back']).toBe((r['total_rollback_succeeded'] ?? 0) + (r['total_rollback_failed'] ?? 0));
        const campaigns = Object.values(loyalty.campaigns);
        expect(loyalty.points).toBe(campaigns.reduce((sum, { points }) => sum + points, 0));
        expect(loyalty.referred_customers).toBe(campaigns.reduce((sum, one) => sum + one.referred_customers, 0));
      }),
      RUNS,
    );
  });

  test('order figures equal a naive recomputation from the orders themselves', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        const state = tell(history);
        const { summary } = toDocument('cust_x', state) as never as { summary: { orders: object } };
        expect(summary.orders).toEqual(naiveOrders(history));
      }),
      RUNS,
    );
  });

  test('points per campaign equal a naive recomputation from the transactions', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        const { loyalty } = toDocument('cust_x', tell(history)) as never as { loyalty: { points: number } };
        expect(loyalty.points).toBe(naivePoints(history));
      }),
      RUNS,
    );
  });

  test('no number of a document leaves the safe integers, whatever the amounts', () => {
    const huge = fc.record({
      id: fc.nat(3).map(String),
      amount: fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1, 1),
      at: fc.nat(5),
    });
    fc.assert(
      fc.property(fc.array(huge, { maxLength: 8 }), (orders) => {
        let state = customer.initial;
        for (const { id, amount, at } of orders) {
          const events = decide(state, {
            rule: 'recordOrder',
            input: { id, amount, status: 'PAID' },
            at: `2024-05-01T10:00:00.00${at}Z`,
          });
          if (events instanceof Rejection) expect(events.code).toBe('invalid_amount');
          else state = events.reduce(customer.evolve, state);
        }
        expect(Number.isSafeInteger(state.head.orders.amount)).toBe(true);
      }),
    );
  });
});

describe('the fold', () => {
  test('never changes what it is given', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        let state = freeze(customer.initial);
        for (const event of eventsOf(history)) state = freeze(customer.evolve(state, freeze(event)));
      }),
      { numRuns: 100 },
    );
  });

  test('keeps its head as plain JSON', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        const { head } = tell(history);
        expect(JSON.parse(JSON.stringify(head))).toEqual(head);
      }),
      { numRuns: 100 },
    );
  });

  test('takes events whose personal fields are gone, and the numbers stay', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        const events = eventsOf(history);
        const bare = events.map(
          (event) => ({ ...event, data: without(event.data, personal[event.type] ?? []) }) as CustomerEvent,
        );
        const [full, forgotten] = [events, bare].map((all) =>
          toDocument('x', all.reduce(customer.evolve, customer.initial)),
        );
        expect(forgotten?.['summary']).toEqual(full?.['summary']);
        expect(forgotten?.['loyalty']).toEqual(full?.['loyalty']);
      }),
      { numRuns: 100 },
    );
  });

  test('on a state with only the touched entities gives the same head, for any split into batches', () => {
    fc.assert(
      fc.property(
        aHistory,
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 30, maxLength: 30 }),
        (history, sizes) => {
          const events = eventsOf(history);
          let stored = customer.initial;
          for (let from = 0, batch = 0; from < events.length; batch++) {
            const part = events.slice(from, (from += sizes[batch] ?? 1));
            stored = projected(stored, part);
          }
          expect(render(stored)).toBe(render(events.reduce(customer.evolve, customer.initial)));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

/** What the projector does: loads what the events touch, folds, writes it back. */
function projected(stored: CustomerState, events: readonly CustomerEvent[]): CustomerState {
  const keys = new Map(events.flatMap(touches).map((key) => [`${key.kind}/${key.id}`, key]));
  const loaded = [...keys.values()].flatMap(({ kind, id }) => {
    const entity = stored.entities.get(kind, id);
    return entity ? [{ kind, id, entity }] : [];
  });
  const others = [...stored.entities.ofKind('order')].filter(
    ([id, order]) => !keys.has(`order/${id}`) && isCounted(order),
  );
  const [best] = others.sort(([a, x], [b, y]) => (orderedAt(y) + b > orderedAt(x) + a ? 1 : -1));
  if (best) loaded.push({ kind: 'order', id: best[0], entity: best[1] });
  const after = events.reduce(customer.evolve, customerFrom(stored.status, stored.head, loaded));
  let entities = stored.entities;
  for (const kind of entityKinds)
    for (const [id, entity] of after.entities.ofKind(kind)) entities = entities.set(kind, id, entity);
  return { ...after, entities };
}

const without = (data: object, fields: readonly string[]): object =>
  Object.fromEntries(Object.entries(data).filter(([field]) => !fields.includes(field)));

interface Said {
  readonly id: string;
  readonly status?: string;
  readonly amount?: number | null;
  readonly created_at?: string;
}

/** Straight from the facts: per order and field the latest value, then plain sums. */
function naiveOrders(history: readonly Told[]): object {
  const facts = history.filter(({ rule }) => rule === 'recordOrder') as { input: Said; at: string }[];
  const rank = ['CREATED', 'PROCESSING', 'PAID', 'FULFILLED', 'CANCELED'];
  const latest = <Field extends keyof Said>(id: string, field: Field): Said[Field] | undefined => {
    const said = facts.filter(({ input }) => input.id === id && input[field] !== undefined);
    const text = (value: unknown): string =>
      field === 'status' ? String(rank.indexOf(value as string)) : JSON.stringify(value);
    said.sort((a, b) =>
      a.at === b.at ? (text(a.input[field]) < text(b.input[field]) ? -1 : 1) : a.at < b.at ? -1 : 1,
    );
    return said.at(-1)?.input[field];
  };
  const orders = [...new Set(facts.map(({ input }) => input.id))].map((id) => ({
    id,
    status: latest(id, 'status'),
    amount: latest(id, 'amount') ?? null,
    created_at:
      latest(id, 'created_at') ??
      facts
        .filter(({ input }) => input.id === id)
        .map(({ at }) => at)
        .sort()[0] ??
      '',
  }));
  const counted = orders.filter(({ status }) => status === 'PAID' || status === 'FULFILLED');
  const amounts = counted.flatMap(({ amount }) => (amount === null ? [] : [amount]));
  const sum = amounts.reduce((a, b) => a + b, 0);
  const last = counted.sort((a, b) => (a.created_at + a.id < b.created_at + b.id ? -1 : 1)).at(-1);
  return {
    total_amount: sum,
    total_count: counted.length,
    average_amount: amounts.length === 0 ? 0 : Math.round(sum / amounts.length),
    last_order_amount: last?.amount ?? 0,
    ...(last && { last_order_date: last.created_at }),
  };
}

/** Straight from the facts: per transaction and card the latest statement of each part, then earned - expired ± the rest. */
function naivePoints(history: readonly Told[]): number {
  interface Movement {
    kind: string;
    points: number;
  }
  const found = new Map<string, { [field in keyof Movement]: { value: Movement[field]; at: string } }>();
  const note = (key: string, said: Movement, at: string): void => {
    const known = found.get(key) ?? { kind: { value: said.kind, at }, points: { value: said.points, at } };
    const newer = <T>(a: { value: T; at: string }, value: T) =>
      at > a.at || (at === a.at && JSON.stringify(value) > JSON.stringify(a.value)) ? { value, at } : a;
    found.set(key, { kind: newer(known.kind, said.kind), points: newer(known.points, said.points) });
  };
  const ended = new Map<string, { end: string; at: string }>();
  const waiting = new Map<string, { points: number; at: string }>();
  for (const { rule, input, at } of history) {
    const fact = input as {
      kind: string;
      voucher: { id: string };
      balance: { points: number };
      transaction: { id: string };
      pending_points: { id: string; points?: number };
    };
    if (rule === 'recordLoyaltyPoints' && fact.kind !== 'spent') {
      const gives = fact.kind === 'expired' || (fact.kind === 'transferred' && fact.voucher.id === 'card_1');
      note(
        `${fact.transaction.id}/${fact.voucher.id}`,
        { kind: fact.kind, points: gives ? 0 - fact.balance.points : fact.balance.points },
        at,
      );
    }
    if (rule === 'recordPendingPoints') {
      const { id, points: amount } = fact.pending_points;
      const end = ended.get(id);
      if (fact.kind !== 'added' && (!end || at > end.at || (at === end.at && fact.kind > end.end)))
        ended.set(id, { end: fact.kind, at });
      const known = waiting.get(id);
      if (
        amount !== undefined &&
        (!known || at > known.at || (at === known.at && JSON.stringify(amount) > JSON.stringify(known.points)))
      )
        waiting.set(id, { points: amount, at });
    }
  }
  const moved = [...found.values()].reduce((sum, { points }) => sum + points.value, 0);
  const activated = [...ended].filter(([, { end }]) => end === 'activated').map(([id]) => waiting.get(id)?.points ?? 0);
  return activated.reduce((sum, amount) => sum + amount, moved);
}
