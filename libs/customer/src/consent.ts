import {
  type Around,
  consentsAround,
  type ConsentChanges,
  type Consents,
  denies,
  isRepeated,
  startOfLast,
  UNSUBSCRIBED,
  valueOf,
} from './consent-moments.js';
import { type Entities, joint } from './entities.js';
import type { EventOf, Stepped, Subject } from './fold.js';
import { type Instant, LAST, later, shown } from './instant.js';
import { inOrder, type Keyed, own, put } from './keyed.js';
import type { Reference } from './profile.js';
import { type Meaning, merge, timeOf, unsaid } from './register.js';
import { isFact, stampOf } from './statement.js';

// 1. Facts and events

/** `customer.consents.given` and `customer.consents.revoked`. */
export interface ConsentFact {
  readonly given: boolean;
  readonly consents: readonly { readonly id: string; readonly name?: string }[];
  readonly customer: Reference;
}

/** The changes by a client, with the version of the wording of each consent that is defined. */
export interface ConsentsSaid {
  readonly consents: ConsentChanges;
  readonly wordings?: Keyed<number>;
}

export type ConsentEvent = EventOf<'ConsentChanged', ConsentsSaid>;

// 2. State: Consents and ConsentMoment, in consent-moments.ts

// 3. Fold

export const consents: Subject<'consents', Consents, ConsentEvent, 'consent', { readonly consents: ConsentFact }> = {
  slice: 'consents',
  entities: { consent: true },
  facts: { consents: consentDraft },
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
  const spared = sparedBy(slice, event);
  const after = { said, ...(denied_at !== undefined && { denied_at }), ...(spared && { spared }), since: slice.since };
  const around = consentsAround(slice, after, entities);
  const since = [...concerned(slice, data.consents, at)].reduce((all, id) => {
    const start = startOf(around, id, at, own(data.consents, id) !== undefined);
    return own(all, id) === start ? all : put(all, id, start);
  }, slice.since);
  return [{ ...after, since }, entities];
}

/** No command can be dated after a denial at the last moment, so its consents are spared until a further denial. */
function sparedBy(
  { denied_at, spared }: Consents,
  { data, occurred_at: at, origin }: ConsentEvent,
): Consents['spared'] {
  if (at !== LAST) return spared;
  if (own(data.consents, UNSUBSCRIBED) === true) return undefined;
  if (denied_at !== LAST || isFact(origin)) return spared;
  const given = Object.entries(data.consents).filter(([id, value]) => id !== UNSUBSCRIBED && value);
  return given.reduce<Keyed<true>>((all, [id]) => put(all, id, true), spared ?? {});
}

/** The consents whose start may change: all after a denial, else those changed, and unsubscribing if it comes later. */
function concerned({ said, denied_at }: Consents, changes: ConsentChanges, at: Instant): ReadonlySet<string> {
  if (own(changes, UNSUBSCRIBED) === true) return new Set([...Object.keys(said.by), ...Object.keys(changes)]);
  const isBeforeDenial = denied_at !== undefined && denied_at >= at;
  return new Set([...Object.keys(changes), ...(isBeforeDenial ? [UNSUBSCRIBED] : [])]);
}

function noted(entities: Entities, id: string, value: boolean, event: ConsentEvent): Entities {
  const key = joint(id, event.occurred_at);
  const before = entities.get('consent', key);
  const moment = merge(before, { value }, stampOf(event), {
    isWithdrawal: (_, one) => meaning.isWithdrawal?.(id, one) === true,
  });
  const isDenial = (before?.denies ?? false) || denies(id, value);
  if (moment === before && isDenial === before.denies) return entities;
  return entities.set('consent', key, { ...moment, denies: isDenial });
}

/** The time since which a consent has its value, after a statement at a time. */
function startOf(known: Around, id: string, at: Instant, isSaid: boolean): Instant {
  const { before, after } = known;
  const latest = timeOf(before.said, id);
  if (latest === undefined) return at;
  if (at <= latest) return startOfLast(known, id);
  const isNew = isSaid && !isRepeated(known, id, valueOf(after, id), at);
  return isNew ? at : (own(before.since, id) ?? at);
}

// 4. Rules

export const consentData = ({ consents, wordings = {} }: ConsentsSaid): ConsentsSaid => ({
  consents,
  ...(Object.keys(wordings).length > 0 && { wordings }),
});

function consentDraft(_: Entities, { consents: named, given }: ConsentFact) {
  return {
    type: 'ConsentChanged' as const,
    data: { consents: Object.fromEntries(named.map(({ id }) => [id, given])) },
  };
}

/** The latest time that a command overrides: unsubscribing overrides every consent, a consent the latest denial. */
export function consentsOverridden({ said, denied_at }: Consents, changes: ConsentChanges): Instant | undefined {
  const ids = own(changes, UNSUBSCRIBED) === true ? Object.keys(said.by) : Object.keys(changes);
  return ids.reduce((latest, id) => {
    const at = timeOf(said, id);
    return at === undefined ? latest : later(latest, at);
  }, denied_at);
}

// 5. Rendering

/** `{consents: {id: {date, value}}}`, or `{}` when no consent was ever given or revoked. */
export function systemMetadata({ said, denied_at, spared = {} }: Consents): object {
  const entries = inOrder(said.values as ConsentChanges).map(([id, value]) => [
    id,
    rendered(id, value === true, timeOf(said, id) ?? '', own(spared, id) ? undefined : denied_at),
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
