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

/** The activity entries of one event, given the customer before and after it. */
export function activitiesOf(
  customerId: string,
  decoded: Decoded<CustomerEvent>,
  before: CustomerState,
  after: CustomerState,
): ActivityRow[] {
  const { event, recorded, envelope } = decoded;
  const entries = entriesOf(customerId, event, before, after);
  if (entries.length === 0) return [];
  const event_source = sourceOf(envelope.actor);
  const group_id = groupOf(envelope.correlation_id);
  return entries.map(({ type, payload, campaign_id = null, campaign_type = null }, index) => ({
    id: `evcus_${digest(`${recorded.id}/${index}`)}`,
    customer_id: customerId,
    created_at: event.occurred_at,
    ordinal: recorded.revision * ENTRIES_MAX + index,
    type,
    category: CATEGORY[type],
    campaign_id,
    campaign_type,
    group_id,
    data: JSON.stringify({ data: payload, event_source }),
  }));
}

const digest = (text: string): string => hash('sha256', text, 'hex').slice(0, 18);

const groupOf = (correlationId: string): string =>
  GROUP.test(correlationId) ? correlationId : `v-${digest(correlationId)}`;

function sourceOf({ channel, key }: { readonly channel: string; readonly key?: string }): object {
  return key === undefined ? { channel } : { channel, api_key: { name: key, app_id: key } };
}
