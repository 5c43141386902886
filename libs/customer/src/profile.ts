import { type Emptiable, empty, filled, isShown, overridden, visible } from './emptiable.js';
import type { Entities } from './entities.js';
import { type EventOf, type JsonObject, nothing, type Stepped, type Subject } from './fold.js';
import { earlier, type Instant, later } from './instant.js';
import { type Keyed, own, put } from './keyed.js';
import { merge, type Registers, timeOf, unsaid } from './register.js';
import { stampOf } from './statement.js';
import { compareTexts } from './text.js';
import { isSame as isSameValue } from './value.js';

// 1. Facts and events

/** A reference to the customer that a fact is about. */
export interface Reference {
  readonly id?: string;
  readonly source_id?: string;
}

const FIELDS = ['name', 'description', 'email', 'phone', 'birthday', 'birthdate'] as const;
const MAPS = ['address', 'metadata'] as const;

/** A person about whom nothing is known. */
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

/** Statements about a person. `null` unsets a field, and empties the address or the metadata. */
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

/** `implicit`: known only from a mention, so an earlier fact moves `created_at`. */
export interface Birth {
  readonly created_at: Instant;
  readonly implicit?: boolean;
}

/** The data of a profile event. */
interface ProfileSaid extends ProfileInput, Partial<Birth> {
  /** An id of another system that leads to this customer as well. */
  readonly alias?: string;
  /** The maps that are replaced, not merged key by key. */
  readonly replaced?: readonly (typeof MAPS)[number][];
  /** True for a `customer.created` fact. */
  readonly created?: boolean;
}

export type ProfileEvent =
  | EventOf<'CustomerCreated', ProfileSaid & Birth>
  | EventOf<'CustomerUpdated', ProfileSaid>
  | EventOf<'CustomerBackdated', Birth & { readonly named?: string }>;

// 2. State

export interface Profile {
  /** Source id -> the earliest time of an event with it; the earliest id is shown. */
  readonly names: Keyed<Instant>;
  /** Ids of other systems. */
  readonly aliases: Keyed<true>;
  readonly birth?: Birth;
  /** The earliest time of any event. */
  readonly seen_at?: Instant;
  readonly fields: Registers<Fields>;
  readonly address: Emptiable;
  readonly metadata: Emptiable;
}

// 3. Fold

const PERSONAL = ['source_id', 'alias', ...FIELDS, ...MAPS] as const;

export const profile: Subject<'profile', Profile, ProfileEvent> = {
  slice: 'profile',
  entities: {},
  facts: {},
  initial: { names: {}, aliases: {}, fields: unsaid, address: empty, metadata: empty },
  on: {
    CustomerCreated: { personal: PERSONAL, touches: nothing, step: said },
    CustomerUpdated: { personal: PERSONAL, touches: nothing, step: said },
    CustomerBackdated: { personal: [], touches: nothing, step: said },
  },
};

function said(before: Profile, event: ProfileEvent, entities: Entities): Stepped<Profile> {
  const { source_id, alias, created_at, implicit = false, replaced = [], ...rest } = event.data as ProfileSaid;
  const stamp = stampOf(event);
  const named = source_id === undefined ? before : nameNoted(before, source_id, event.occurred_at);
  const after: Profile = {
    ...named,
    ...(alias !== undefined && { aliases: put(named.aliases, alias, true) }),
    ...(created_at !== undefined && { birth: born(named.birth, { created_at, implicit }) }),
    fields: merge(named.fields, fieldsOf(rest), stamp),
    address: filled(named.address, rest.address, stamp, replaced.includes('address')),
    metadata: filled(named.metadata, rest.metadata, stamp, replaced.includes('metadata')),
  };
  return [after, entities];
}

/** Notes that a source id leads to this customer since a time. Returns the same profile when that is known. */
export function nameNoted(before: Profile, source_id: string, at: Instant): Profile {
  const known = own(before.names, source_id);
  return known !== undefined && known <= at ? before : { ...before, names: put(before.names, source_id, at) };
}

const fieldsOf = (said: Fields): Fields =>
  Object.fromEntries(FIELDS.flatMap((field) => (said[field] === undefined ? [] : [[field, said[field]]])));

/** Moves the beginning to the earliest event. Returns the same profile when that is known. */
export function seen(before: Profile, at: Instant): Profile {
  const [birth, seen_at] = [born(before.birth, bornBy(at)), earlier(before.seen_at, at)];
  return birth === before.birth && seen_at === before.seen_at ? before : { ...before, birth, seen_at };
}

/** An explicit creation wins over one implied by other facts; among equals the earliest. */
function born(before: Birth | undefined, said: Birth): Birth {
  const isImplicit = said.implicit === true;
  if (before && (before.implicit === true) !== isImplicit) return isImplicit ? before : said;
  return before && before.created_at <= said.created_at ? before : said;
}

// 4. Rules about the beginning and the changes by commands; the rest is in rules.ts

/** The birth that a fact states, if any. */
export const toldBirth = ({ created, created_at }: ProfileFact, at: Instant): Birth | undefined =>
  created || created_at !== undefined ? { created_at: created_at ?? at } : undefined;

/** The birth that a mention implies. */
export const bornBy = (at: Instant): Birth => ({ created_at: at, implicit: true });

/** True when a command changes no shown value. */
export function isProfileShown(profile: Profile, said: ProfileSaid): boolean {
  const { values } = profile.fields;
  const { replaced = [] } = said;
  return (
    FIELDS.every((field) => said[field] === undefined || isSameValue(values[field] ?? null, said[field])) &&
    MAPS.every((map) => said[map] === undefined || isShown(profile[map], said[map] ?? null, replaced.includes(map)))
  );
}

/** The latest time of the statements that a command about the profile overrides. */
export function profileOverridden(profile: Profile, said: ProfileSaid): Instant | undefined {
  const { replaced = [] } = said;
  const fields = FIELDS.filter((field) => said[field] !== undefined).map((field) => timeOf(profile.fields, field));
  const maps = MAPS.filter((map) => said[map] !== undefined).map((map) =>
    overridden(profile[map], said[map] ?? null, replaced.includes(map)),
  );
  return [...fields, ...maps].reduce((latest, at) => (at === undefined ? latest : later(latest, at)), undefined);
}

// 5. Rendering

/** The source id with the earliest time; at the same time the least text. */
export function sourceIdOf({ names }: Profile): string | undefined {
  const [first] = Object.entries(names).sort(
    ([a, at], [b, other]) => (at < other ? -1 : at > other ? 1 : 0) || compareTexts(a, b),
  );
  return first?.[0];
}

/** True when the reference names this customer, by the names known now. */
export const isNamedBy = ({ names, aliases }: Profile, { id, source_id }: Reference): boolean =>
  id === undefined ? source_id !== undefined && Object.hasOwn(names, source_id) : Object.hasOwn(aliases, id);

/** The fields that are set. */
export function profileFields(profile: Profile): object {
  const { values } = profile.fields;
  const source_id = sourceIdOf(profile);
  const set = FIELDS.filter((field) => values[field] != null).map((field) => [field, values[field]]);
  return { ...(source_id !== undefined && { source_id }), ...(Object.fromEntries(set) as Fields) };
}

/** The keys that are set, null when there are none. */
export function addressOf({ address }: Profile): object | null {
  const entries = visible(address);
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

/** Absent when there is none. */
export function metadataOf({ metadata }: Profile): { readonly metadata?: object } {
  const entries = visible(metadata);
  return entries.length === 0 ? {} : { metadata: Object.fromEntries(entries) };
}
