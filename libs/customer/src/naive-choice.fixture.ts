/* A naive choice among statements, straight from the rules: no registers, and a sort for every question. */

export type Values = Readonly<Record<string, unknown>>;

export interface Statement {
  readonly at: string;
  /** Absent for a command. */
  readonly source?: string;
  readonly sequence?: string;
  readonly said: Values;
}

/** Below every value, null included: the whole map was emptied. */
const EMPTIED = Symbol('emptied');
const ORDER_OF_STATUS = ['CREATED', 'PROCESSING', 'PAID', 'FULFILLED', 'CANCELED'];

export type Withdrawal = (field: string, value: unknown) => boolean;
const none: Withdrawal = () => false;

type Rank = readonly (number | readonly number[])[];

const codePoints = (text: string): number[] => [...text].map((one) => Number(one.codePointAt(0)));

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => compare([codePoints(a)], [codePoints(b)])));
}

function compare(a: Rank, b: Rank): number {
  for (const [index, one] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const order = typeof one === 'number' ? one - Number(other) : compare(one, other as readonly number[]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function rankOfValue(value: unknown): Rank {
  if (value === EMPTIED) return [0];
  if (value === null) return [1];
  if (typeof value === 'boolean') return [value ? 3 : 2];
  if (typeof value === 'number') return [4, value];
  if (typeof value === 'string') return [5, codePoints(value)];
  return [Array.isArray(value) ? 6 : 7, codePoints(JSON.stringify(sorted(value)))];
}

function meaning(field: string, value: unknown, source: string | undefined, isWithdrawal: Withdrawal): Rank {
  const kind = [isWithdrawal(field, value) ? 1 : 0, source === undefined ? 1 : 0];
  if (field === 'status') return [...kind, ORDER_OF_STATUS.indexOf(value as string)];
  // the id that a reference resolves to does not count
  const told = field === 'referrer' ? (value as { readonly told: unknown }).told : value;
  return [...kind, ...rankOfValue(told)];
}

export interface One extends Omit<Statement, 'said'> {
  readonly value: unknown;
}

export const last = <T>(all: readonly T[], order: (a: T, b: T) => number): T | undefined => [...all].sort(order).at(-1);
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The shown statement: at the latest time, the last of each source, and of those the one that ranks highest. */
export function foremost(field: string, all: readonly One[], isWithdrawal: Withdrawal): One | undefined {
  const latest = last(
    all.map(({ at }) => at),
    byText,
  );
  const rank = ({ value, source }: One): Rank => meaning(field, value, source, isWithdrawal);
  const at = all.filter((one) => one.at === latest);
  const standing = [...by(at, ({ source }) => source ?? '')].flatMap(
    ([, same]) =>
      last(same, (a, b) => Number(BigInt(a.sequence ?? -1) - BigInt(b.sequence ?? -1)) || compare(rank(a), rank(b))) ??
      [],
  );
  return last(standing, (a, b) => compare(rank(a), rank(b)));
}

export const about = (statements: readonly Statement[], field: string): One[] =>
  statements.flatMap(({ said, ...one }) =>
    Object.hasOwn(said, field) && said[field] !== undefined ? [{ ...one, value: said[field] }] : [],
  );

export const fieldsIn = (statements: readonly Statement[]): string[] => [
  ...new Set(statements.flatMap(({ said }) => Object.keys(said))),
];

/** Field -> the shown value. */
export function final(statements: readonly Statement[], isWithdrawal = none): Readonly<Record<string, never>> {
  const shown = fieldsIn(statements).flatMap((field) => {
    const one = foremost(field, about(statements, field), isWithdrawal);
    return one ? [[field, one.value]] : [];
  });
  return Object.fromEntries(shown) as Readonly<Record<string, never>>;
}

/** The shown entries of a map that can be emptied: an emptying is a statement about every key. */
export function finalMap(statements: readonly Statement[], field: string): Values {
  const maps = statements.filter(({ said }) => said[field] !== undefined);
  const keys = fieldsIn(maps.map((one) => ({ ...one, said: (one.said[field] ?? {}) as Values })));
  const shown = keys.flatMap((key) => {
    const all = maps.flatMap(({ said, ...one }) => {
      const map = said[field] as Values | null;
      if (map === null) return [{ ...one, value: EMPTIED }];
      return Object.hasOwn(map, key) ? [{ ...one, value: map[key] }] : [];
    });
    const one = foremost(key, all, none);
    return one && one.value !== EMPTIED ? [[key, one.value] as const] : [];
  });
  return Object.fromEntries(shown);
}

export function by<T>(all: readonly T[], key: (one: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const one of all) found.set(key(one), [...(found.get(key(one)) ?? []), one]);
  return found;
}
