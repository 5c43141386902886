import { LAST, type Instant } from './instant.js';
import { type Keyed, own } from './keyed.js';
import { compareSequences, type Stamp } from './statement.js';
import { compareTexts } from './text.js';
import { compareValues, isSame } from './value.js';

/**
 * Fields, each with the statements that count: the standing one of each source at the latest time. Plain JSON; what is said
 * together shares a stamp.
 */
export interface Registers<Fields extends object> {
  /** What is shown. */
  readonly values: Partial<Fields>;
  readonly stamps: readonly Stamp[];
  /** Field -> which stamp its shown value has. */
  readonly by: Keyed<number>;
  /** Field -> what other sources say at that very time, the foremost first. */
  readonly ties?: Keyed<readonly { readonly value: unknown; readonly by: number }[]>;
}

export const unsaid: Registers<Record<never, never>> = { values: {}, stamps: [], by: {} };

/** What values mean when several are said at one time. */
export interface Meaning {
  /** A withdrawal wins over everything that is no withdrawal. */
  readonly isWithdrawal?: (field: string, value: unknown) => boolean;
  /** Positive when `a` is the further one; the order of values unless told. */
  readonly compare?: (field: string, a: unknown, b: unknown) => number;
}

export interface Statement {
  readonly value: unknown;
  readonly stamp: Stamp;
}

/**
 * Takes in what is said. One choice among all statements about a field: the latest time; at that time of each source the
 * greatest sequence; between sources, and a command, by meaning: a withdrawal, then the command, then the greater value.
 * So neither order nor repetition of facts matter. Absent fields say nothing; null does. The very same when nothing changes.
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

/** When the shown value of a field was said. */
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

/** Of statements from several registers those that count, the foremost first. */
export const chosen = (statements: readonly Statement[], field: string, meaning: Meaning = {}): readonly Statement[] =>
  statements.reduce((standing, one) => choose(standing, one, (a, b) => precedence(field, a, b, meaning)), NONE);

/** The statements that count after one more; the very same ones when it does not. */
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

/** Stamps that no statement has any more are left out. */
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
