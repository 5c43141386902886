import type { Entities } from './entities.js';
import { type EventOf, type Instant, nothing, type Stepped, type Subject } from './fold.js';
import { inOrder, type Keyed, later, merge, own, type Registers, unsaid } from './merge.js';
import type { Reference } from './profile.js';

// 1. Facts and events

/** The pseudo consent that denies all others. */
const UNSUBSCRIBED = 'unsubscribed';

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
}

// 3. Fold

export const consents: Subject<Consents, ConsentEvent> = {
  initial: { said: unsaid },
  on: { ConsentChanged: { personal: [], touches: nothing, step: changed } },
};

function changed(slice: Consents, { data, occurred_at }: ConsentEvent, entities: Entities): Stepped<Consents> {
  const said = merge(slice.said, data.consents, occurred_at);
  const denied_at = own(data.consents, UNSUBSCRIBED) === true ? later(slice.denied_at, occurred_at) : slice.denied_at;
  if (said === slice.said && denied_at === slice.denied_at) return [slice, entities];
  return [{ said, ...(denied_at !== undefined && { denied_at }) }, entities];
}

// 4. Rules

export const consentEvent = (_: Entities, { consents, wordings = {} }: ConsentsSaid, at: Instant): ConsentEvent => ({
  type: 'ConsentChanged',
  occurred_at: at,
  data: { consents, ...(Object.keys(wordings).length > 0 && { wordings }) },
});

export const consentFactEvent = (
  entities: Entities,
  { consents: named, given }: ConsentFact,
  at: Instant,
): ConsentEvent => consentEvent(entities, { consents: Object.fromEntries(named.map(({ id }) => [id, given])) }, at);

// 5. Rendering

/** `{consents: {id: {date, value}}}`, or nothing when none was ever given or revoked. */
export function systemMetadata({ said, denied_at }: Consents): object {
  const entries = inOrder(said.values as ConsentChanges).map(([id, value]) => [
    id,
    rendered(id, value === true, own(said.times, id) ?? '', denied_at),
  ]);
  return entries.length === 0 ? {} : { consents: Object.fromEntries(entries) as object };
}

function rendered(
  id: string,
  value: boolean,
  date: Instant,
  denied_at: Instant | undefined,
): { date: Instant; value: boolean } {
  const isDenied = value && id !== UNSUBSCRIBED && denied_at !== undefined && denied_at >= date;
  return isDenied ? { date: denied_at, value: false } : { date, value };
}
