import { compareTexts } from '#customer';
import type { Answers } from './answers.js';

type Json = Readonly<Record<string, unknown>>;
/** Entries of one type and time. */
type Headlines = ReadonlyMap<string, readonly Json[]>;

/**
 * Two answers in a form in which their differences can be named: `entries` tells how many entries of activity there are of each type and
 * time, `said` what they say where both have as many. Ids of entries are left out, and members of segments are sets.
 */
export function comparable(was: Answers, is: Answers): readonly [was: object, is: object] {
  const [before, after] = [headlines(was), headlines(is)];
  return [told(was, before, after), told(is, after, before)];
}

type Activities = Readonly<Record<string, Headlines>>;

const headlines = ({ customers }: Answers): Activities => mapped(customers, ({ activity }) => headlinesOf(activity));

function headlinesOf(activity: readonly Json[]): Headlines {
  const found = new Map<string, Json[]>();
  for (const { id: _, type, created_at, ...said } of [...activity].sort(byId)) {
    const headline = `${String(type)} ${String(created_at)}`;
    found.set(headline, [...(found.get(headline) ?? []), said]);
  }
  return found;
}

const byId = (a: Json, b: Json): number => compareTexts(String(a['id']), String(b['id']));

function told({ customers, others, ...rest }: Answers, own: Activities, other: Activities): object {
  return {
    ...rest,
    customers: mapped(customers, ({ activity: _, ...said }, name) => ({
      ...said,
      ...entriesOf(own[name] ?? new Map<string, Json[]>(), other[name] ?? new Map<string, Json[]>()),
    })),
    others: {
      ...others,
      members: mapped(others.members, (names) => Object.fromEntries(names.map((name) => [name, true]))),
    },
  };
}

function entriesOf(own: Headlines, other: Headlines): object {
  const both = [...own].filter(([headline, { length }]) => other.get(headline)?.length === length);
  return {
    entries: Object.fromEntries([...own].map(([headline, { length }]) => [headline, length])),
    said: Object.fromEntries(both),
  };
}

const mapped = <From, To>(
  all: Readonly<Record<string, From>>,
  to: (one: From, name: string) => To,
): Record<string, To> => Object.fromEntries(Object.entries(all).map(([name, one]) => [name, to(one, name)]));
