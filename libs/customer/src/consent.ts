import { type Entities, joint } from './entities.js';
import type { EventOf, Stepped, Subject } from './fold.js';
import { type Instant, later, shown } from './instant.js';
import { inOrder, type Keyed, own, put } from './keyed.js';
import type { Reference } from './profile.js';
import { type Meaning, merge, type Registers, timeOf, unsaid } from './register.js';
import { stampOf } from './statement.js';

// 1. Facts and events

/** The pseudo consent that denies all others. */
export const UNSUBSCRIBED = 'unsubscribed';

/** Consent id -> given or not. */
export type ConsentChanges = Keyed<boolean>;

/** `customer.consents.given` and `customer.consents.revoked`. */
export interface ConsentFact {
  readonly given: boolean;
  readonly consents: readonly { readonly id: string; readonly name?: string }[];
  readonly customer: Reference;
}

/** What a client changes, and the wording (its version) that each consent had then, as far as it is defined. */
export interface ConsentsSaid {
  readonly consents: ConsentChanges;
  readonly wordings?: Keyed<number>;
}

export type ConsentEvent = EventOf<'ConsentChanged', ConsentsSaid>;

// 2. State

export interface Consents {
  readonly said: Registers<Keyed<boolean>>;
  /** The latest moment at which everything was denied: only consents given after it stand. */
  readonly denied_at?: Instant;
  /** Consent id -> since when it has been as it is, without statements that only repeat it. */
  readonly since: Keyed<Instant>;
}

/** What is said of a consent at one time. */
export interface ConsentMoment extends Registers<{ readonly value: boolean }> {
  /** Whether everything was ever denied at this time: no sequence undoes that. */
  readonly denies: boolean;
}

// 3. Fold

export const consents: Subject<Consents, ConsentEvent> = {
  initial: { said: unsaid, since: {} },
  on: {
    ConsentChanged: {
      personal: [],
      touches: ({ consents: changes }, at) =>
        Object.keys(changes).map((id) => ({ kind: 'consent', id: joint(id, at) })),
      step: changed,
    },
  },
};

/** Revoking a consent and unsubscribing are withdrawals. */
const meaning: Meaning = { isWithdrawal: (id, value) => (id === UNSUBSCRIBED ? value === true : value === false) };

function changed(slice: Consents, event: ConsentEvent, before: Entities): Stepped<Consents> {
  const { data, occurred_at: at } = event;
  const entities = Object.entries(data.consents).reduce((all, [id, value]) => noted(all, id, value, event), before);
  const said = merge(slice.said, data.consents, stampOf(event), meaning);
  const isDenied = own(data.consents, UNSUBSCRIBED) === true;
  const denied_at = isDenied ? later(slice.denied_at, at) : slice.denied_at;
  const after = { said, ...(denied_at !== undefined && { denied_at }), since: slice.since };
  // a denial before what was said of other consents makes their next statement news
  const concerned = isDenied ? Object.keys(said.by) : Object.keys(data.consents);
  const since = concerned.reduce((all, id) => {
    const start = startOf(id, at, slice, after, entities);
    return own(all, id) === start ? all : put(all, id, start);
  }, slice.since);
  return [{ ...after, since }, entities];
}

function noted(entities: Entities, id: string, value: boolean, event: ConsentEvent): Entities {
  const key = joint(id, event.occurred_at);
  const before = entities.get('consent', key);
  const moment = merge(before, { value }, stampOf(event), {
    isWithdrawal: (_, one) => meaning.isWithdrawal?.(id, one) === true,
  });
  const denies = (before?.denies ?? false) || (id === UNSUBSCRIBED && value);
  if (moment === before && denies === before.denies) return entities;
  return entities.set('consent', key, { ...moment, denies });
}

/** Since when a consent has been as it is, after a statement at a time. */
function startOf(id: string, at: Instant, before: Consents, after: Consents, entities: Entities): Instant {
  const latest = timeOf(before.said, id);
  if (latest === undefined) return timeOf(after.said, id) ?? at;
  const known = own(before.since, id) ?? at;
  const isSaid = timeOf(after.said, id) === at;
  // a denial after everything that was said of this consent changes nothing yet
  if (at >= latest && !isSaid) return known;
  const { denied_at } = before;
  // only the latest denial is at hand: one that is not before this hides others
  const isLast = at > latest && (denied_at === undefined || denied_at < at);
  if (!isLast) return startOfLast(id, entities);
  const [was, is] = [valueOf(before, id), valueOf(after, id)];
  return repeats(id, { at: latest, value: was }, { at, value: is }, isBetween(denied_at)) ? known : at;
}

const valueOf = ({ said }: Consents, id: string): boolean => own(said.values as ConsentChanges, id) === true;

const isBetween =
  (denied_at: Instant | undefined) =>
  (from: Instant, to: Instant): boolean =>
    denied_at !== undefined && from <= denied_at && denied_at < to;

interface Said {
  readonly at: Instant;
  readonly value: boolean;
}

/** Whether a statement only repeats the one before it: nothing was denied between the two. */
const repeats = (id: string, was: Said, is: Said, isDenied: (from: Instant, to: Instant) => boolean): boolean =>
  was.value === is.value && !(is.value && id !== UNSUBSCRIBED && isDenied(was.at, is.at));

function startOfLast(id: string, entities: Entities): Instant {
  const moments = momentsOf(entities, id);
  const isDenied = denials(entities);
  let start = moments.at(-1);
  for (const moment of moments.slice(0, -1).reverse()) {
    if (!start || !repeats(id, moment, start, isDenied)) break;
    start = moment;
  }
  return start?.at ?? '';
}

/** What stands of a consent at each time, in their order. */
const momentsOf = (entities: Entities, id: string): Said[] =>
  entities.group('consent', id).map(([at, { values }]) => ({ at, value: values.value === true }));

function denials(entities: Entities): (from: Instant, to: Instant) => boolean {
  const times = entities.group('consent', UNSUBSCRIBED).flatMap(([at, { denies }]) => (denies ? [at] : []));
  return (from, to) => times.some((at) => from <= at && at < to);
}

/** Whether a statement says what already stood right before its time. */
export function isRepeated(entities: Entities, id: string, value: boolean, at: Instant): boolean {
  const was = momentsOf(entities, id).findLast((moment) => moment.at < at);
  return was !== undefined && repeats(id, was, { at, value }, denials(entities));
}

/** The times of statements that may tell something else once another is dated before them: the next one of each consent. */
export function nextMoments({ said }: Consents, entities: Entities, id: string, at: Instant): readonly Instant[] {
  const ids = id === UNSUBSCRIBED ? Object.keys(said.by) : [id];
  return ids.flatMap((one) => momentsOf(entities, one).find((moment) => moment.at > at)?.at ?? []);
}

// 4. Rules

export const consentData = ({ consents, wordings = {} }: ConsentsSaid): ConsentsSaid => ({
  consents,
  ...(Object.keys(wordings).length > 0 && { wordings }),
});

export const consentFactData = ({ consents: named, given }: ConsentFact): ConsentsSaid => ({
  consents: Object.fromEntries(named.map(({ id }) => [id, given])),
});

/** The latest time of what a command about consents overrides: unsubscribing overrides every consent, a consent the latest denial. */
export function consentsOverridden({ said, denied_at }: Consents, changes: ConsentChanges): Instant | undefined {
  const ids = own(changes, UNSUBSCRIBED) === true ? Object.keys(said.by) : Object.keys(changes);
  return ids.reduce((latest, id) => {
    const at = timeOf(said, id);
    return at === undefined ? latest : later(latest, at);
  }, denied_at);
}

// 5. Rendering

/** `{consents: {id: {date, value}}}`, or nothing when none was ever given or revoked. */
export function systemMetadata({ said, denied_at }: Consents): object {
  const entries = inOrder(said.values as ConsentChanges).map(([id, value]) => [
    id,
    rendered(id, value === true, timeOf(said, id) ?? '', denied_at),
  ]);
  return entries.length === 0 ? {} : { consents: Object.fromEntries(entries) as object };
}

function rendered(id: string, value: boolean, date: Instant, denied_at: Instant | undefined) {
  const isDenied = value && id !== UNSUBSCRIBED && denied_at !== undefined && denied_at >= date;
  return isDenied ? { date: shown(denied_at), value: false } : { date: shown(date), value };
}

/** The latest time at which a consent changed. */
export const consentsChangedAt = ({ since }: Consents): Instant | undefined =>
  Object.values(since).reduce<Instant | undefined>(later, undefined);
