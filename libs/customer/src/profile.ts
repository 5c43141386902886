import type { Entities } from './entities.js';
import { type EventOf, type Instant, type JsonObject, nothing, type Stepped, type Subject } from './fold.js';
import { earlier, inOrder, type Keyed, later, merge, own, type Registers, unsaid } from './merge.js';

// 1. Facts and events

/** Whom a fact is about. */
export interface Reference {
  readonly id?: string;
  readonly source_id?: string;
}

const FIELDS = ['name', 'description', 'email', 'phone', 'birthday', 'birthdate'] as const;

/** Somebody of whom nothing is known. */
export const UNSAID = {
  name: null,
  description: null,
  email: null,
  phone: null,
  birthday: null,
  birthdate: null,
  address: null,
  metadata: null,
} as const;

interface Fields {
  readonly name?: string | null;
  readonly description?: string | null;
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly birthday?: string | null;
  readonly birthdate?: string | null;
}

/** What is said about a person. `null` unsets a field, and empties the address or the metadata. */
export interface ProfileInput extends Fields {
  readonly source_id?: string;
  readonly address?: object | null;
  readonly metadata?: JsonObject | null;
}

/** `customer.created` and `customer.updated`. */
export interface ProfileFact extends ProfileInput, Reference {
  readonly created_at?: Instant;
  /** True when the fact says that the customer was created (then, or at `created_at`). */
  readonly created: boolean;
}

/** `implicit`: the customer is known because something else named it, so an earlier fact moves `created_at`. */
export interface Birth {
  readonly created_at: Instant;
  readonly implicit?: boolean;
}

export type ProfileEvent =
  | EventOf<'CustomerCreated', ProfileInput & Birth>
  | EventOf<'CustomerUpdated', ProfileInput & Partial<Birth>>
  | EventOf<'CustomerBackdated', Birth>;

// 2. State

/** A map whose keys merge one by one and which can be emptied as a whole. */
interface Emptiable {
  readonly entries: Registers<Keyed<unknown>>;
  readonly emptied_at?: Instant;
}

export interface Profile {
  readonly source_id?: string;
  readonly birth?: Birth;
  /** The earliest time of any event. */
  readonly seen_at?: Instant;
  /** The latest time anything was said of the person, even if it was nothing new. */
  readonly said_at?: Instant;
  readonly fields: Registers<Fields>;
  readonly address: Emptiable;
  readonly metadata: Emptiable;
}

const empty: Emptiable = { entries: unsaid };

// 3. Fold

const PERSONAL = ['source_id', ...FIELDS, 'address', 'metadata'] as const;

export const profile: Subject<Profile, ProfileEvent> = {
  initial: { fields: unsaid, address: empty, metadata: empty },
  on: {
    CustomerCreated: { personal: PERSONAL, touches: nothing, step: said },
    CustomerUpdated: { personal: PERSONAL, touches: nothing, step: said },
    CustomerBackdated: { personal: [], touches: nothing, step: said },
  },
};

function said(before: Profile, { data, occurred_at: at }: ProfileEvent, entities: Entities): Stepped<Profile> {
  const { source_id, address, metadata, created_at, implicit = false, ...rest } = data as ProfileInput & Partial<Birth>;
  const after: Profile = {
    ...before,
    ...(before.source_id === undefined && source_id !== undefined && { source_id }),
    ...(created_at !== undefined && { birth: born(before.birth, { created_at, implicit }) }),
    said_at: later(before.said_at, at),
    fields: merge(before.fields, fieldsOf(rest), at),
    address: filled(before.address, address, at),
    metadata: filled(before.metadata, metadata, at),
  };
  return [isSame(before, after) ? before : after, entities];
}

const fieldsOf = (said: Fields): Fields =>
  Object.fromEntries(FIELDS.flatMap((field) => (said[field] === undefined ? [] : [[field, said[field]]])));

/** Somebody of whom an event tells was there at its time. The very same profile when that is no news. */
export function seen(before: Profile, at: Instant): Profile {
  const [birth, seen_at] = [born(before.birth, bornBy(at)), earlier(before.seen_at, at)];
  return birth === before.birth && seen_at === before.seen_at ? before : { ...before, birth, seen_at };
}

/** What was said of a creation beats what follows from other facts; among equals the earliest. */
function born(before: Birth | undefined, said: Birth): Birth {
  const isImplicit = said.implicit === true;
  if (before && (before.implicit === true) !== isImplicit) return isImplicit ? before : said;
  return before && before.created_at <= said.created_at ? before : said;
}

function filled(before: Emptiable, said: object | null | undefined, at: Instant): Emptiable {
  if (said === undefined) return before;
  if (said === null)
    return before.emptied_at !== undefined && before.emptied_at >= at ? before : { ...before, emptied_at: at };
  const entries = merge(before.entries, said as Keyed<unknown>, at);
  return entries === before.entries ? before : { ...before, entries };
}

const isSame = (a: Profile, b: Profile): boolean =>
  a.source_id === b.source_id &&
  a.birth === b.birth &&
  a.said_at === b.said_at &&
  a.fields === b.fields &&
  a.address === b.address &&
  a.metadata === b.metadata;

// 4. Rules, as far as they are about the beginning; the rest is in rules.ts

/** The birth that a fact tells of, if it does. */
export const toldBirth = ({ created, created_at }: ProfileFact, at: Instant): Birth | undefined =>
  created || created_at !== undefined ? { created_at: created_at ?? at } : undefined;

/** The birth that follows from being named. */
export const bornBy = (at: Instant): Birth => ({ created_at: at, implicit: true });

// 5. Rendering

/** The fields that are set, each only when it is. */
export function profileFields({ source_id, fields: { values } }: Profile): object {
  const set = FIELDS.filter((field) => values[field] != null).map((field) => [field, values[field]]);
  return { ...(source_id !== undefined && { source_id }), ...(Object.fromEntries(set) as Fields) };
}

/** Exactly the keys that were given, null when there are none. */
export function addressOf({ address }: Profile): object | null {
  const entries = visible(address);
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

/** Absent when there is none. */
export function metadataOf({ metadata }: Profile): { readonly metadata?: object } {
  const entries = visible(metadata);
  return entries.length === 0 ? {} : { metadata: Object.fromEntries(entries) };
}

function visible({ entries, emptied_at }: Emptiable): [key: string, value: unknown][] {
  const all = inOrder(entries.values as Keyed<unknown>);
  return emptied_at === undefined ? all : all.filter(([key]) => (own(entries.times, key) ?? '') >= emptied_at);
}
