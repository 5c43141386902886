import { hash } from 'node:crypto';
import type { CustomerEvent, Instant } from '#customer';
import { canonical } from '#encoding';
import type { Decoded } from '#event-store';
import { type ActivityType, CATEGORY, rankOf } from './activity-types.js';
import type { Entry, Statement } from './entries.js';
import type { ActivitiesTable } from './schema.js';

export type ActivityRow = ActivitiesTable;

/** The event that caused an entry. */
export interface Cause {
  readonly event_id: string;
  /** The request that caused it. */
  readonly group_id: string;
  readonly event_source: object;
}

/** The JSON of a row: the payload, and the data for making the entry again. */
export interface Kept {
  readonly data: object;
  readonly event_source: object;
  readonly of?: object;
}

/** The columns of a row that do not come from its entry. */
export interface Standing {
  readonly customer_id: string;
  readonly created_at: Instant;
  /** The key by which later events find it. */
  readonly object?: string;
  readonly is_shown?: boolean;
  /** The data for making the entry again. */
  readonly of?: object;
}

const GROUP = /^v-[0-9a-f]{18}$/;
const digest = (text: string): string => hash('sha256', text, 'hex').slice(0, 18);

/** Derived from the event, so that an entry has the same id in all channels and repetitions. */
export const entryId = (eventId: string, slot: number): string => `evcus_${digest(`${eventId}/${slot}`)}`;

/** The id of the entry about the creation of a customer or an order. */
export const creationId = (customerId: string, object: string): string =>
  `evcus_${digest(JSON.stringify(['created', customerId, object]))}`;

export const groupOf = (correlationId: string): string =>
  GROUP.test(correlationId) ? correlationId : `v-${digest(correlationId)}`;

export function sourceOf({ channel, key }: { readonly channel: string; readonly key?: string }): object {
  return key === undefined ? { channel } : { channel, api_key: { name: key, app_id: key } };
}

export const causeOf = ({ recorded, envelope }: Decoded<CustomerEvent>): Cause => ({
  event_id: recorded.id,
  group_id: groupOf(envelope.correlation_id),
  event_source: sourceOf(envelope.actor),
});

export function rowOf(id: string, entry: Omit<Entry, 'slot'>, tie: number, cause: Cause, at: Standing): ActivityRow {
  const { customer_id, created_at, object, is_shown = true, of } = at;
  const kept: Kept = { data: entry.payload, event_source: cause.event_source, ...(of && { of }) };
  return {
    id,
    customer_id,
    created_at,
    ordinal: ordinalOf(entry.type, tie),
    type: entry.type,
    category: CATEGORY[entry.type],
    campaign_id: entry.campaign_id ?? null,
    campaign_type: entry.campaign_type ?? null,
    group_id: cause.group_id,
    object: object ?? null,
    is_shown: is_shown ? 1 : 0,
    data: JSON.stringify(kept),
  };
}

export const keptOf = ({ data }: ActivityRow): Kept => JSON.parse(data) as Kept;

const TIE_DIGITS = 10;
const TIES = 16 ** TIE_DIGITS;

/** Sorts by the order of types, then by content. */
const ordinalOf = (type: ActivityType, tie: number): number => rankOf(type) * TIES + tie;
export const tieIn = ({ ordinal }: ActivityRow): number => ordinal % TIES;

/** A number derived from the content alone, without arrival time and ids assigned by the ledger. */
export function tieOf({ type, data }: Statement): number {
  const isNamed = type === 'CustomerReferred' && data.referrer_source_id !== undefined;
  const apart = new Set(['named', 'implicit', 'alias', ...(isNamed ? ['referrer'] : [])]);
  const said = Object.fromEntries(Object.entries(data).filter(([field]) => !apart.has(field)));
  return Number.parseInt(hash('sha256', canonical(said), 'hex').slice(0, TIE_DIGITS), 16);
}
