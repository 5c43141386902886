import { LAST, type Instant } from './instant.js';
import { type Keyed, own } from './keyed.js';
import { compareSequences, type Stamp } from './statement.js';
import { compareTexts } from './text.js';
import { compareValues, isSame } from './value.js';

/**
 * Fields, each with the statements that count: that of each source at the latest time. Plain JSON; statements made
 * together share a stamp.
 */
export interface Registers<Fields extends object> {
  /** The shown values. */
  readonly values: Partial<Fields>;
  readonly stamps: readonly Stamp[];
  /** Field -> the index of its shown value's stamp. */
  readonly by: Keyed<number>;
  /** Field -> the statements of other sources at the same time, the foremost first. */
  readonly ties?: Keyed<readonly { readonly value: unknown; readonly by: number }[]>;
}

export const unsaid: Registers<Record<never, never>> = { values: {}, stamps: [], by: {} };

/** The tie-breaking between values of the same time. */
export interface Meaning {
  /** True for a withdrawal, which wins over everything else. */
  readonly isWithdrawal?: (field: string, value: unknown) => boolean;
  /** Positive when `a` wins; `compareValues` by default. */
  readonly compare?: (field: string, a: unknown, b: unknown) => number;
}

export interface Statement {
  readonly value: unknown;
  readonly stamp: Stamp;
}

/**
 * Merges a statement. Among all statements about a field, the latest time wins; at that time the greatest sequence of
 * each source; between sources and a command a withdrawal, then the command, then the greater value. So neither the
 * order nor the repetition of facts matters. Absent fields state nothing; null does. Returns the same object when
 * nothing changes.
 */
export function merge<Fields extends object>(
  before: Registers<Fields> | undefined,
  said: Partial<Fields>,
  stamp: Stamp,
  meaning: Meaning = {},
): Registers<Fields> {
  const known: Registers<Fields> = before ?? unsaid;
  const changed = new Map<string, readonly Statement[]>();
  for (const [field, value] of Object.entries(said)) {
    if (value === undefined) continue;
    const standing = statementsOf(known, field);
    const counting = choose(standing, { value, stamp }, (a, b) => precedence(field, a, b, meaning));
    if (counting !== standing) changed.set(field, counting);
  }
  return changed.size === 0 && before ? before : rebuilt(known, changed);
}

/** The time of the shown value of a field. */
export function timeOf(registers: Registers<object>, field: string): Instant | undefined {
  const index = own(registers.by, field);
  return index === undefined ? undefined : registers.stamps[index]?.at;
}

/** The statements about a field that count, the shown one first. */
export function statementsOf(registers: Registers<object>, field: string): readonly Statement[] {
  const index = own(registers.by, field);
  if (index === undefined) return NONE;
  const { stamps, values, ties = {} } = registers;
  const first = { value: own(values as Keyed<unknown>, field), stamp: stamps[index] as Stamp };
  const others = own(ties, field);
  return others ? [first, ...others.map(({ value, by }) => ({ value, stamp: stamps[by] as Stamp }))] : [first];
}

const NONE: readonly Statement[] = [];

type Precedence = (a: Statement, b: Statement) => number;

/** The statements that count among those of several registers, the foremost first. */
export const chosen = (statements: readonly Statement[], field: string, meaning: Meaning = {}): readonly Statement[] =>
  statements.reduce((standing, one) => choose(standing, one, (a, b) => precedence(field, a, b, meaning)), NONE);

/** The statements that count after one more; the same array when the new one does not count. */
export function choose(standing: readonly Statement[], said: Statement, compare: Precedence): readonly Statement[] {
  const at = standing[0]?.stamp.at;
  if (at === undefined || said.stamp.at > at) return [said];
  if (said.stamp.at < at) return standing;
  const isCommand = said.stamp.source === undefined;
  // no command can be dated later, so here the later revision wins
  if (isCommand && at === LAST) return [said];
  const rival = standing.find(({ stamp }) => stamp.source === said.stamp.source);
  if (rival && !replaces(said, rival, isCommand, compare)) return standing;
  return [...standing.filter((one) => one !== rival), said].sort(
    (a, b) => compare(b, a) || compareTexts(a.stamp.source ?? '', b.stamp.source ?? ''),
  );
}

function replaces(said: Statement, rival: Statement, isCommand: boolean, compare: Precedence): boolean {
  // commands of one time come in the order of their revisions
  if (isCommand) return !isSame(said.value, rival.value);
  const sequences = compareSequences(said.stamp.sequence, rival.stamp.sequence);
  return sequences === 0 ? compare(said, rival) > 0 : sequences > 0;
}

function precedence(field: string, a: Statement, b: Statement, { isWithdrawal, compare }: Meaning): number {
  const withdrawals = isWithdrawal ? Number(isWithdrawal(field, a.value)) - Number(isWithdrawal(field, b.value)) : 0;
  if (withdrawals !== 0) return withdrawals;
  const commands = Number(a.stamp.source === undefined) - Number(b.stamp.source === undefined);
  if (commands !== 0) return commands;
  return compare ? compare(field, a.value, b.value) : compareValues(a.value, b.value);
}

/** The registers after the changes, without stamps that are no longer used. */
function rebuilt<Fields extends object>(
  known: Registers<Fields>,
  changed: ReadonlyMap<string, readonly Statement[]>,
): Registers<Fields> {
  const stamps = new Map<Stamp, number>();
  const indexOf = (stamp: Stamp): number => {
    const index = stamps.get(stamp) ?? stamps.size;
    stamps.set(stamp, index);
    return index;
  };
  const fields = new Set([...Object.keys(known.by), ...changed.keys()]);
  // in order, as a database may keep the members of an object in another one
  const all = [...fields].sort().map((field) => {
    const [first, ...others] = changed.get(field) ?? statementsOf(known, field);
    const { value, stamp } = first as Statement;
    return {
      field,
      value,
      by: indexOf(stamp),
      ties: others.map((one) => ({ value: one.value, by: indexOf(one.stamp) })),
    };
  });
  const tied = all.filter(({ ties }) => ties.length > 0);
  return {
    values: Object.fromEntries(all.map(({ field, value }) => [field, value])) as Partial<Fields>,
    stamps: [...stamps.keys()],
    by: Object.fromEntries(all.map(({ field, by }) => [field, by])),
    ...(tied.length > 0 && { ties: Object.fromEntries(tied.map(({ field, ties }) => [field, ties])) }),
  };
}
