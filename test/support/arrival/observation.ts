import { type CloudEvent, NAMES, originalOf } from './histories.js';

/** All that is read of a customer. */
export const VIEWS = ['document', 'activity', 'orders', 'redemptions', 'redeemables', 'segments'] as const;
export type View = (typeof VIEWS)[number];

export interface Refused {
  /** The CloudEvents id. */
  readonly id: string;
  readonly key: string;
}

/** A ledger, by whatever door. */
export interface Ledger {
  /** The number of histories that are sent and read side by side, where more than a few do no harm. */
  readonly histories_at_once?: number;
  /** Hands facts over together. */
  take(facts: readonly CloudEvent[]): Promise<void>;
  /** Resolves when all that follows from the facts has followed. */
  settled(): Promise<void>;
  /** All facts that were refused so far. */
  readonly refused: readonly Refused[];
  /** All of a view, whatever the pages; undefined for a customer that is not known. */
  read(view: View, name: string): Promise<unknown>;
}

/** `~` is what parts histories from each other: all names of one begin with the same prefix, always of the same length. */
export const prefixed = (facts: readonly CloudEvent[], prefix: string): CloudEvent[] =>
  JSON.parse(JSON.stringify(facts).replaceAll('~', prefix)) as CloudEvent[];

/** Everything that must not depend on how a history was told, in a form that compares. */
export interface Observation {
  readonly refused: readonly string[];
  /** The person to whom each name leads. */
  readonly names: Readonly<Record<string, string>>;
  readonly persons: Readonly<Record<string, unknown>>;
}

export async function observe(ledger: Ledger, prefix: string, names: readonly string[]): Promise<Observation> {
  const own = (text: string): string => text.replaceAll('~', prefix);
  const refused = ledger.refused
    .filter(({ id }) => id.startsWith(prefix))
    .map(({ id, key }) => `${originalOf(id).replace(prefix, '~')} ${key}`);
  const idOf = new Map<string, string>();
  for (const name of names) {
    const document = (await ledger.read('document', own(name))) as { readonly id: string } | undefined;
    if (document) idOf.set(name, document.id);
  }
  const personOf = new Map<string, string>();
  for (const [person, all] of Object.entries(NAMES)) {
    const id = all.map((name) => idOf.get(name)).find((known) => known !== undefined);
    if (id !== undefined) personOf.set(id, `<${person}>`);
  }
  // an entry of activity says what the fact said: an id that was told leads to the same person
  const toldOf = new Map(personOf);
  for (const [name, id] of idOf) if (isId(name)) toldOf.set(own(name), personOf.get(id) ?? 'unknown');
  const persons: Record<string, unknown> = {};
  for (const [id, person] of personOf) {
    const views = VIEWS.map(async (view) => {
      const shown = plain(await ledger.read(view, id), view === 'activity' ? toldOf : personOf, prefix);
      return [view, shown] as const;
    });
    persons[person] = canonical(Object.fromEntries(await Promise.all(views)));
  }
  return {
    refused: [...new Set(refused)].sort(),
    names: Object.fromEntries(names.map((name) => [name, personOf.get(idOf.get(name) ?? '') ?? 'unknown'])),
    persons,
  };
}

const isId = (name: string): boolean => name.startsWith('~my-');

/** The names of persons that facts tell. */
export function namesIn(facts: readonly CloudEvent[]): readonly string[] {
  const text = JSON.stringify(facts);
  return Object.values(NAMES)
    .flat()
    .filter((name) => text.includes(`"${name}"`));
}

interface Activity {
  readonly type: string;
  readonly created_at: string;
}

/** Left out: generated ids, which of its names a customer's id is, how entries of one instant are ordered, segment flips. */
function canonical({ activity: entries, redeemables: cards, ...others }: Readonly<Record<string, unknown>>): object {
  const [activity, redeemables] = [entries as readonly Activity[], cards as readonly object[]];
  const times = activity.map(({ created_at }) => created_at);
  const told = activity.filter(({ type }) => !type.startsWith('customer.segment.'));
  return {
    ...others,
    activity: sorted(told.map((entry) => ({ ...entry, id: 'left out', group_id: 'left out' }))),
    is_activity_in_order: times.every((time, n) => n === 0 || time <= (times[n - 1] ?? '')),
    redeemables: sorted(redeemables.map((card) => ({ ...card, id: 'left out' }))),
  };
}

/** With persons instead of ids, without the prefix, keys in order. */
function plain(value: unknown, personOf: ReadonlyMap<string, string>, prefix: string): unknown {
  if (typeof value === 'string') return personOf.get(value) ?? value.replaceAll(prefix, '~');
  if (Array.isArray(value)) return value.map((one) => plain(one, personOf, prefix));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key.replaceAll(prefix, '~'), plain(one, personOf, prefix)]));
}

const sorted = (all: readonly object[]): readonly object[] =>
  [...all].sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
