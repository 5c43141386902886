import type { CustomerState } from '#customer';
import type { Subject } from './subject.js';

/** The type that a value is compared as. `any` (metadata) takes the type of the value; a list is compared element by element. */
export type ValueType = 'text' | 'number' | 'flag' | 'instant' | 'day' | 'any';

/** A filterable attribute: its path in a subject, and its type. */
export interface Attribute {
  readonly name: string;
  readonly type: ValueType;
  /** The part of the subject, then the names of members. */
  readonly path: readonly [part: keyof Subject, ...names: string[]];
}

const document = (type: ValueType, ...names: string[]) => ({ type, path: ['document', ...names] as const });

/** The fixed names of contract 3.2. */
const PLAIN: Readonly<Record<string, Omit<Attribute, 'name'>>> = {
  id: document('text', 'id'),
  source_id: document('text', 'source_id'),
  name: document('text', 'name'),
  email: document('text', 'email'),
  phone: document('text', 'phone'),
  description: document('text', 'description'),
  birthdate: document('day', 'birthdate'),
  birthday: document('day', 'birthday'),
  city: document('text', 'address', 'city'),
  created_at: document('instant', 'created_at'),
  updated_at: document('instant', 'updated_at'),
  'summary.orders.last_order_date': document('instant', 'summary', 'orders', 'last_order_date'),
  ...numbers('summary.orders', 'total_amount', 'total_count', 'average_amount', 'last_order_amount'),
  ...numbers('summary.redemptions', 'total_redeemed', 'total_failed', 'total_succeeded', 'total_rolled_back'),
  ...numbers('summary.redemptions', 'total_rollback_failed', 'total_rollback_succeeded'),
  ...numbers('summary.redemptions.gift', 'redeemed_amount', 'amount_to_go'),
  ...numbers('summary.redemptions.loyalty_card', 'redeemed_points', 'points_to_go'),
  ...numbers('loyalty', 'points', 'referred_customers'),
  'loyalty_points.points': document('number', 'loyalty', 'points'),
  'referrals.total': document('number', 'referrals', 'total'),
  'publications.created_at': { type: 'instant', path: ['publications', 'created_at'] },
  'publications.related_object_id': { type: 'any', path: ['publications', 'related_object_id'] },
};

function numbers(within: string, ...names: readonly string[]): Record<string, Omit<Attribute, 'name'>> {
  const path = within.split('.');
  return Object.fromEntries(names.map((name) => [`${within}.${name}`, document('number', ...path, name)]));
}

type Found = readonly string[];

/** Names that contain a name chosen by the customer, which may hold dots and spaces. */
const PATTERNS: readonly (readonly [RegExp, (found: Found) => Omit<Attribute, 'name'>])[] = [
  [/^metadata\.(.+)$/s, ([key = '']) => document('any', 'metadata', key)],
  [/^address\.(city|country|state|postal_code|line_1|line_2)$/, ([key = '']) => document('text', 'address', key)],
  [
    /^(?:loyalty|loyalty_points)\.campaigns\.(.+)\.(points|referred_customers)$/s,
    ([name = '', leaf = '']) => document('number', 'loyalty', 'campaigns', name, leaf),
  ],
  [
    /^(?:loyalty|loyalty_tier)\.campaigns\.(.+?)(?:\.(?:loyalty_tier|id))?$/s,
    ([name = '']) => document('text', 'loyalty', 'campaigns', name, 'loyalty_tier'),
  ],
  [
    /^system_metadata\.consents\.(.+)\.value$/s,
    ([id = '']) => document('flag', 'system_metadata', 'consents', id, 'value'),
  ],
  [
    /^system_metadata\.consents\.(.+)\.date$/s,
    ([id = '']) => document('instant', 'system_metadata', 'consents', id, 'date'),
  ],
  [
    /^events\.(.+)\.(count|last_at)$/s,
    ([name = '', leaf = '']) => ({ type: leaf === 'count' ? 'number' : 'instant', path: ['events', name, leaf] }),
  ],
];

/** The fixed names, and the patterns of the others. */
export const attributeNames = { fixed: Object.keys(PLAIN), patterns: PATTERNS.map(([pattern]) => pattern) } as const;

/** Undefined for an unknown name. */
export function attributeNamed(name: string): Attribute | undefined {
  const plain = Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined;
  if (plain) return { name, ...plain };
  for (const [pattern, make] of PATTERNS) {
    const found = pattern.exec(name);
    if (found) return { name, ...make(found.slice(1)) };
  }
  return undefined;
}

/** A part of a customer's state that values are computed from. */
export type Slice = keyof CustomerState['head'];

const SUMMARY: Readonly<Record<string, readonly Slice[]>> = {
  orders: ['orders'],
  redemptions: ['redemptions', 'cards'],
};
const SLICES: Readonly<Record<string, readonly Slice[]>> = {
  loyalty: ['loyalty'],
  system_metadata: ['consents'],
  // a self-referral does not count
  referrals: ['referrals', 'profile'],
  updated_at: ['latest_at', 'consents', 'profile'],
};

/** The slices that a value depends on: while they are identical, the value is. */
export function slicesOf([part, name = '', next = '']: Attribute['path']): readonly Slice[] {
  if (part !== 'document') return [part];
  return (name === 'summary' ? SUMMARY[next] : Object.hasOwn(SLICES, name) ? SLICES[name] : undefined) ?? ['profile'];
}

/** The value at a path; undefined when there is none. Own properties only, so that input never reaches a prototype. */
export function valueAt(subject: Subject, [part, ...names]: Attribute['path']): unknown {
  let value: unknown = subject[part];
  for (const name of names) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value ?? undefined;
}
