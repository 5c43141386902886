import { type Instant, LAST, later } from './instant.js';
import { inOrder, type Keyed } from './keyed.js';
import { merge, type Registers, type Statement, statementsOf, timeOf, unsaid } from './register.js';
import { compareSequences, type Stamp } from './statement.js';
import { isSame } from './value.js';

/** A map whose keys merge one by one and which can be emptied as a whole. */
export interface Emptiable {
  readonly entries: Registers<Keyed<unknown>>;
  /** An emptying is a statement about every key, and ranks below each key's own statements of the same time. */
  readonly emptied?: Registers<{ readonly all: true }>;
}

export const empty: Emptiable = { entries: unsaid };

/** `null` empties, keys merge one by one, a replacement does both. Returns the same object when nothing changes. */
export function filled(
  before: Emptiable,
  said: object | null | undefined,
  stamp: Stamp,
  isReplaced = false,
): Emptiable {
  const rest = said === null || isReplaced ? emptied(before, stamp) : before;
  if (!said) return rest;
  const entries = merge(rest.entries, said as Keyed<unknown>, stamp);
  return entries === rest.entries ? rest : { ...rest, entries };
}

function emptied(before: Emptiable, stamp: Stamp): Emptiable {
  const known = before.emptied ?? unsaid;
  const after: Registers<{ readonly all: true }> = merge(known, { all: true } as const, stamp);
  // no emptying can be dated later than the last moment, so it removes the statements of that moment
  const entries = stamp.source === undefined && stamp.at === LAST ? unsaid : before.entries;
  return after === before.emptied && entries === before.entries ? before : { entries, emptied: after };
}

/** The shown entries, in the order of their keys. */
export const visible = (map: Emptiable): [key: string, value: unknown][] =>
  inOrder(map.entries.values as Keyed<unknown>).flatMap(([key]) => {
    const shown = shownOf(map, key);
    return shown ? [[key, shown.value] as [string, unknown]] : [];
  });

/** True when the statement changes no shown entry. */
export function isShown(map: Emptiable, said: object | null, isReplaced = false): boolean {
  const entries = Object.entries(said ?? {});
  if (said === null || isReplaced) {
    const shown = new Map(visible(map));
    if (shown.size !== entries.length) return false;
  }
  return entries.every(([key, value]) => {
    const shown = shownOf(map, key);
    return shown !== undefined && isSame(shown.value, value);
  });
}

/** The latest time of the statements that one about these keys overrides; an emptying overrides all keys. */
export function overridden(map: Emptiable, said: object | null, isReplaced = false): Instant | undefined {
  const isEmptying = said === null || isReplaced;
  const keys = isEmptying ? Object.keys(map.entries.by) : Object.keys(said);
  const times = [timeOf(map.emptied ?? unsaid, 'all'), ...keys.map((key) => timeOf(map.entries, key))];
  return times.reduce((latest, at) => (at === undefined ? latest : later(latest, at)), undefined);
}

function shownOf({ entries, emptied: gone }: Emptiable, key: string): Statement | undefined {
  const said = statementsOf(entries, key);
  const emptyings = gone ? statementsOf(gone, 'all') : [];
  const [first] = said;
  const [emptying] = emptyings;
  if (!first || !emptying || first.stamp.at > emptying.stamp.at) return first;
  return first.stamp.at < emptying.stamp.at ? undefined : shownAtOnce(said, emptyings);
}

/** Within a source the greater sequence wins; then a command's emptying ranks above facts. */
function shownAtOnce(said: readonly Statement[], emptyings: readonly Statement[]): Statement | undefined {
  const isBehind = (one: Statement, other: Statement): boolean =>
    one.stamp.source !== undefined &&
    one.stamp.source === other.stamp.source &&
    compareSequences(one.stamp.sequence, other.stamp.sequence) < 0;
  const first = said.find((one) => !emptyings.some((other) => isBehind(one, other)));
  const isCommand = (one: Statement): boolean => one.stamp.source === undefined;
  return first && !isCommand(first) && emptyings.some(isCommand) ? undefined : first;
}
