import type { Entities } from './entities.js';
import type { Instant } from './instant.js';
import { type Keyed, own } from './keyed.js';
import { type Registers, timeOf } from './register.js';

/* Decides if a statement of consent is new or repeats the value right before its time. */

/** The pseudo consent that denies all others. */
export const UNSUBSCRIBED = 'unsubscribed';

/** Consent id -> given or not. */
export type ConsentChanges = Keyed<boolean>;

export interface Consents {
  readonly said: Registers<Keyed<boolean>>;
  /** The latest time of a denial of everything: only consents given after it stand. */
  readonly denied_at?: Instant;
  /** The consents that commands gave after a denial at the last moment, as no time is later. */
  readonly spared?: Keyed<true>;
  /** Consent id -> the time since which it has its value; repetitions do not count. */
  readonly since: Keyed<Instant>;
}

/** All statements about a consent at one time. */
export interface ConsentMoment extends Registers<{ readonly value: boolean }> {
  /** True once a statement denied everything at this time; no sequence undoes that. */
  readonly denies: boolean;
}

declare module './entities.js' {
  interface EntityOf {
    readonly consent: ConsentMoment;
  }
}

/** True for unsubscribing, which denies every consent given by then. */
export const denies = (id: string, value: boolean): boolean => id === UNSUBSCRIBED && value;

interface Moment {
  readonly at: Instant;
  readonly value: boolean;
  readonly denies: boolean;
}

export const valueOf = ({ said }: Consents, id: string): boolean => own(said.values as ConsentChanges, id) === true;

const momentOf = (id: string, value: boolean, at: Instant): Moment => ({ at, value, denies: denies(id, value) });

/** Consents around a statement. The heads hold the latest of each consent; earlier statements are looked up. */
export interface Around {
  /** Includes at least all statements before the time of the statement. */
  readonly before: Consents;
  /** Includes the statement as well. */
  readonly after: Consents;
  /** The winning statement about a consent at each time, in order of time. */
  readonly moments: (id: string) => readonly Moment[];
}

/** `entities` include the statement. */
export function consentsAround(before: Consents, after: Consents, entities: Entities): Around {
  const found = new Map<string, readonly Moment[]>();
  const moments = (id: string): readonly Moment[] => {
    const known = found.get(id) ?? momentsOf(entities, id);
    found.set(id, known);
    return known;
  };
  return { before, after, moments };
}

const momentsOf = (entities: Entities, id: string): Moment[] =>
  entities.group('consent', id).map(([at, { values, denies: isDenial }]) => ({
    at,
    value: values.value === true,
    denies: isDenial,
  }));

/** True when a statement repeats the value right before its time and ends no consent. */
export function isRepeated(known: Around, id: string, value: boolean, at: Instant): boolean {
  const was = standingBefore(known, id, at);
  return was !== undefined && repeats(known, id, was, momentOf(id, value, at));
}

/** The time of the last statement about a consent that does not repeat its predecessor. */
export function startOfLast({ after, moments }: Around, id: string): Instant {
  // later statements are compared with this one included
  const known = { before: after, after, moments };
  const all = moments(id);
  const start = all.findLast((is, n) => {
    const was = all[n - 1];
    return !was || !repeats(known, id, was, is);
  });
  return start?.at ?? '';
}

/**
 * The times of statements that these changes may turn into news or repetitions: the next one of each consent concerned,
 * and the next denial, which may end the consents given here.
 */
export function momentsConcerned(
  before: Consents,
  entities: Entities,
  changes: ConsentChanges,
  at: Instant,
): ReadonlySet<Instant> {
  const known = consentsAround(before, before, entities);
  const said = Object.keys(changes);
  const ids = own(changes, UNSUBSCRIBED) === true ? Object.keys(before.said.by) : said;
  const denied = said.some((id) => id !== UNSUBSCRIBED) ? deniedFrom(known, at) : undefined;
  return new Set([...ids.map((id) => nextAfter(known, id, at)), denied].filter((one) => one !== undefined));
}

/** True when `is` only repeats `was`. A repeated denial is news when it ends consents given since the last one. */
function repeats(known: Around, id: string, was: Moment, is: Moment): boolean {
  if (was.value !== is.value) return false;
  if (id === UNSUBSCRIBED) return !is.denies || !endsConsents(known, is.at);
  return !is.value || (deniedBefore(known, is.at) ?? '') < was.at;
}

/** True when a denial ends a consent: one given at its time, or one given before and not yet denied. */
function endsConsents(known: Around, at: Instant): boolean {
  const denied_at = deniedBefore(known, at) ?? '';
  return Object.keys(known.after.said.by).some((id) => {
    if (id === UNSUBSCRIBED) return false;
    const was = standingBefore(known, id, at);
    return (was?.value === true && was.at > denied_at) || isGivenAt(known, id, at);
  });
}

function standingBefore({ before, moments }: Around, id: string, at: Instant): Moment | undefined {
  const latest = timeOf(before.said, id);
  if (latest === undefined) return undefined;
  if (latest < at) return momentOf(id, valueOf(before, id), latest);
  return moments(id).findLast((one) => one.at < at);
}

function isGivenAt({ after, moments }: Around, id: string, at: Instant): boolean {
  const latest = timeOf(after.said, id);
  if (latest === undefined || latest <= at) return latest === at && valueOf(after, id);
  return moments(id).some((one) => one.at === at && one.value);
}

function deniedBefore({ before: { denied_at }, moments }: Around, at: Instant): Instant | undefined {
  if (denied_at === undefined || denied_at < at) return denied_at;
  return moments(UNSUBSCRIBED).findLast((one) => one.denies && one.at < at)?.at;
}

/** The time of the first denial of everything at `at` or later. */
function deniedFrom({ before: { denied_at }, moments }: Around, at: Instant): Instant | undefined {
  if (denied_at === undefined || denied_at <= at) return denied_at === at ? at : undefined;
  return moments(UNSUBSCRIBED).find((one) => one.denies && one.at >= at)?.at;
}

/** The time of the next statement about a consent. */
function nextAfter({ before, moments }: Around, id: string, at: Instant): Instant | undefined {
  const latest = timeOf(before.said, id);
  return latest === undefined || latest <= at ? undefined : moments(id).find((one) => one.at > at)?.at;
}
