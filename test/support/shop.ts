import { random } from './random.js';

/** A CloudEvent that a shop sends. */
export interface ShopFact {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: '/shop';
  readonly type: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: Readonly<Record<string, unknown>> & { readonly customer: { readonly source_id: string } };
}

/** The figures of one customer that the model knows. */
export interface Figures {
  readonly total_amount: number;
  readonly total_count: number;
  readonly average_amount: number;
  readonly last_order_amount: number;
  readonly last_order_date: string | undefined;
  readonly total_succeeded: number;
  readonly total_failed: number;
  readonly points: number;
}

const STATUSES = ['created', 'processing', 'paid', 'fulfilled', 'canceled'] as const;
const START_MS = Date.UTC(2025, 0, 1);

/**
 * A shop's customers and what happens to them, from a seed: orders in several states, redemptions, points. Times are all
 * different, so that of two states of an order one is the later; facts come out of order, and some twice.
 */
export function shop(seed: number, customers: number, count: number): ShopFact[] {
  const next = random(seed);
  const pick = (n: number): number => Math.floor(next() * n);
  const facts: ShopFact[] = [];
  for (let n = 0; facts.length < count; n++) {
    const time = new Date(START_MS + n * 1_000).toISOString();
    const source_id = `shop-${seed}-${pick(customers)}`;
    facts.push({
      specversion: '1.0',
      id: `${seed}-${n}`,
      source: '/shop',
      time,
      datacontenttype: 'application/json',
      ...happening(seed, n, time, source_id, pick),
    });
    if (next() < 0.03) facts.push(facts[pick(facts.length)] as ShopFact);
  }
  for (let n = facts.length - 1; n > 0; n--) {
    // late, but not by more than some dozens
    const other = Math.max(0, n - pick(40));
    [facts[n], facts[other]] = [facts[other] as ShopFact, facts[n] as ShopFact];
  }
  return facts;
}

function happening(
  seed: number,
  n: number,
  time: string,
  source_id: string,
  pick: (n: number) => number,
): Pick<ShopFact, 'type' | 'data'> {
  const customer = { source_id };
  switch (pick(6)) {
    case 0:
      return {
        type: pick(4) === 0 ? 'redemption.failed' : 'redemption.succeeded',
        data: { id: `r-${seed}-${n}`, date: time, customer },
      };
    case 1:
      return {
        type: 'voucher.loyalty_card.points_added',
        data: {
          customer,
          campaign: { id: 'camp_1', name: 'Club' },
          voucher: { id: `card-${source_id}` },
          balance: { points: 1 + pick(50) },
          transaction: { id: `vtx-${seed}-${n}` },
        },
      };
    default: {
      // few orders a customer, so that their states meet
      const id = `o-${source_id}-${pick(8)}`;
      const created_at = new Date(START_MS + Number(id.at(-1)) * 60_000).toISOString();
      return {
        type: `order.${STATUSES[pick(STATUSES.length)] ?? 'paid'}`,
        data: { id, amount: pick(10_000), created_at, updated_at: time, customer },
      };
    }
  }
}

/** The customers' right figures by source id, computed from the facts in another way than the ledger's. */
export function figuresOf(facts: readonly ShopFact[]): Map<string, Figures> {
  const own = grouped(
    [...new Map(facts.map((fact) => [fact.id, fact])).values()],
    ({ data }) => data.customer.source_id,
  );
  return new Map([...own].map(([source_id, all]) => [source_id, figures(all)]));
}

function grouped<One>(all: readonly One[], key: (one: One) => string): Map<string, One[]> {
  const groups = new Map<string, One[]>();
  for (const one of all) groups.set(key(one), [...(groups.get(key(one)) ?? []), one]);
  return groups;
}

function figures(facts: readonly ShopFact[]): Figures {
  const orders = grouped(
    facts.filter(({ type }) => type.startsWith('order.')),
    ({ data }) => String(data['id']),
  );
  const finals = [...orders.values()].map(
    (states) => [...states].sort((a, b) => (a.time < b.time ? -1 : 1)).at(-1) as ShopFact,
  );
  const counted = finals
    .filter(({ type }) => type === 'order.paid' || type === 'order.fulfilled')
    .map(({ data }) => data as unknown as { id: string; amount: number; created_at: string })
    .sort((a, b) => (a.created_at + a.id < b.created_at + b.id ? -1 : 1));
  const total_amount = counted.reduce((sum, { amount }) => sum + amount, 0);
  const last = counted.at(-1);
  const ofType = (type: string): readonly ShopFact[] => facts.filter((fact) => fact.type === type);
  return {
    total_amount,
    total_count: counted.length,
    average_amount: counted.length === 0 ? 0 : Math.round(total_amount / counted.length),
    last_order_amount: last?.amount ?? 0,
    last_order_date: last?.created_at,
    total_succeeded: ofType('redemption.succeeded').length,
    total_failed: ofType('redemption.failed').length,
    points: ofType('voucher.loyalty_card.points_added')
      .map(({ data }) => (data['balance'] as { points: number }).points)
      .reduce((sum, points) => sum + points, 0),
  };
}

/** The same figures as a customer's document shows them. */
export function shownFigures(document: {
  readonly summary: { readonly orders: object; readonly redemptions: object };
  readonly loyalty: { readonly points: number };
}): Figures {
  const { orders, redemptions } = document.summary as { orders: Figures; redemptions: Figures };
  return {
    total_amount: orders.total_amount,
    total_count: orders.total_count,
    average_amount: orders.average_amount,
    last_order_amount: orders.last_order_amount,
    last_order_date: orders.last_order_date && new Date(orders.last_order_date).toISOString(),
    total_succeeded: redemptions.total_succeeded,
    total_failed: redemptions.total_failed,
    points: document.loyalty.points,
  };
}
