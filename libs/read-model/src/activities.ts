import { hash } from 'node:crypto';
import type { CustomerEvent, CustomerState } from '#customer';
import type { Decoded } from '#event-store';
import { type ActivityType, type CampaignType, CATEGORY } from './activity-types.js';
import { entriesOf } from './entries.js';
import type { ActivitiesTable } from './schema.js';

export type ActivityRow = ActivitiesTable;

/** What one event tells about a customer: type, and the payload without `customer` unless it is kept as of then. */
export interface Entry {
  readonly type: ActivityType;
  readonly payload: object;
  readonly campaign_id?: string | undefined;
  readonly campaign_type?: CampaignType | undefined;
}

/** More than any event has; keeps the entries of an event together among others of the same instant. */
const ENTRIES_MAX = 100;
const GROUP = /^v-[0-9a-f]{18}$/;

/** An entry as it goes out: who caused it, and under which id it is known everywhere. */
export interface Told extends Entry {
  readonly id: string;
  /** The request that caused it. */
  readonly group_id: string;
  readonly event_source: object;
}

/** What one event tells about a customer, given the customer before and after it. */
export function told(
  customerId: string,
  { event, recorded, envelope }: Decoded<CustomerEvent>,
  before: CustomerState,
  after: CustomerState,
): Told[] {
  const entries = entriesOf(customerId, event, before, after);
  if (entries.length === 0) return [];
  const event_source = sourceOf(envelope.actor);
  const group_id = groupOf(envelope.correlation_id);
  return entries.map((entry, index) => ({ ...entry, id: entryId(recorded.id, index), group_id, event_source }));
}

/** The same entry has the same id wherever and however often it is told. */
export const entryId = (eventId: string, index: number): string => `evcus_${digest(`${eventId}/${index}`)}`;

/** The activity rows of one event. */
export function activitiesOf(
  customerId: string,
  decoded: Decoded<CustomerEvent>,
  before: CustomerState,
  after: CustomerState,
): ActivityRow[] {
  const { event, recorded } = decoded;
  return told(customerId, decoded, before, after).map((one, index) => ({
    id: one.id,
    customer_id: customerId,
    created_at: event.occurred_at,
    ordinal: recorded.revision * ENTRIES_MAX + index,
    type: one.type,
    category: CATEGORY[one.type],
    campaign_id: one.campaign_id ?? null,
    campaign_type: one.campaign_type ?? null,
    group_id: one.group_id,
    data: JSON.stringify({ data: one.payload, event_source: one.event_source }),
  }));
}

const digest = (text: string): string => hash('sha256', text, 'hex').slice(0, 18);

export const groupOf = (correlationId: string): string =>
  GROUP.test(correlationId) ? correlationId : `v-${digest(correlationId)}`;

export function sourceOf({ channel, key }: { readonly channel: string; readonly key?: string }): object {
  return key === undefined ? { channel } : { channel, api_key: { name: key, app_id: key } };
}
