import { type CustomerState, isUsed, nine, redeemedAt } from '#customer';
import { attributeNamed, type Subject, valueAt, type ValueType } from '#segment';

/** The input of a check. Instants are ISO texts with milliseconds in UTC. */
export interface Case {
  readonly subject: Subject;
  readonly state: CustomerState;
  /** Ids of the segments that the customer is in. */
  readonly segments: readonly string[];
  /** The order that is about to be placed, as the client sent it. */
  readonly order: { readonly amount?: number; readonly metadata?: object } | undefined;
  readonly now: string;
}

/** The value that a rule reads, and its type. */
export interface Kind {
  readonly type: ValueType;
  readonly valueOf: (one: Case) => unknown;
}

/** The customer rules of contract 5.2, with dots or underscores; some names need a `property`. */
export function kindNamed(name: string, property: string | undefined): Kind | undefined {
  const plain = LEGACY.get(name) ?? name;
  const known = Object.hasOwn(KINDS, plain) ? KINDS[plain] : undefined;
  if (known) return known;
  if (METADATA.includes(plain)) return property === undefined ? undefined : propertyKind(plain, property);
  return plain.startsWith('customer.') ? attributeKind(plain.slice('customer.'.length)) : undefined;
}

const redemptions = (since: (now: string) => string): Kind => ({
  type: 'number',
  valueOf: ({ state, now }) => countRedemptions(state, nine(since(now))),
});

const KINDS: Readonly<Record<string, Kind>> = {
  'customer.segment': { type: 'any', valueOf: ({ segments }) => segments },
  'customer.loyalty.tier': { type: 'any', valueOf: ({ subject }) => tiersOf(subject) },
  'order.amount': { type: 'number', valueOf: ({ order }) => order?.amount },
  'redemption.count.per_customer': redemptions(() => ''),
  'redemption.count.per_customer.daily': redemptions((now) => now.slice(0, 10)),
  'redemption.count.per_customer.weekly': redemptions(monday),
  'redemption.count.per_customer.monthly': redemptions((now) => now.slice(0, 7)),
};

const METADATA = ['customer.metadata', 'order.metadata'];
const ORDERS = ['total_amount', 'total_count', 'average_amount', 'last_order_amount', 'last_order_date'];

/** Legacy names use underscores for dots. */
const LEGACY: ReadonlyMap<string, string> = new Map(
  [...Object.keys(KINDS), ...METADATA, ...ORDERS.map((figure) => `customer.orders.${figure}`)].map((name) => [
    name.replaceAll('.', '_'),
    name,
  ]),
);

const propertyKind = (name: string, property: string): Kind | undefined => {
  if (name === 'customer.metadata') return attributeKind(`metadata.${property}`);
  return { type: 'any', valueOf: ({ order }) => own(order?.metadata, property) };
};

/** Any attribute of segments; `orders` is short for `summary.orders`. */
function attributeKind(name: string): Kind | undefined {
  const attribute = attributeNamed(name.replace(/^orders\./, 'summary.orders.'));
  return attribute && { type: attribute.type, valueOf: ({ subject }) => valueAt(subject, attribute.path) };
}

const own = (record: object | undefined, key: string): unknown =>
  record && Object.hasOwn(record, key) ? (record as Readonly<Record<string, unknown>>)[key] : undefined;

function tiersOf({ document }: Subject): string[] {
  const { campaigns = {} } = (document['loyalty'] ?? {}) as { campaigns?: Record<string, { loyalty_tier?: string }> };
  return Object.values(campaigns).flatMap(({ loyalty_tier }) => loyalty_tier ?? []);
}

const DAY_MS = 86_400_000;
const MONDAY = 4;

/** The Monday of the week in UTC; day 0 of 1970 was a Thursday. */
function monday(now: string): string {
  const day = Math.floor(Date.parse(now) / DAY_MS);
  return new Date((day - ((day + 7 - MONDAY) % 7)) * DAY_MS).toISOString();
}

/** Counts the redemptions since a moment that are not rolled back. */
function countRedemptions({ entities }: CustomerState, since: string): number {
  let count = 0;
  for (const [, redemption] of entities.ofKind('redemption'))
    if (isUsed(redemption) && (redeemedAt(redemption) ?? '') >= since) count += 1;
  return count;
}
