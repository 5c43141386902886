import { hash } from 'node:crypto';
import type { CustomerEvent } from '#customer';

/* Ids that follow from the event alone, so that each activity has the same id wherever and however often it appears. */

/** An event with what is recorded around it, as far as activity needs it. */
export interface RecordedEvent {
  readonly event: CustomerEvent;
  readonly recorded: { readonly id: string };
  readonly envelope: { readonly correlation_id: string; readonly actor: Actor };
}

interface Actor {
  readonly channel: string;
  readonly key?: string;
}

/** Where an activity comes from. */
export interface Cause {
  readonly event_id: string;
  /** The request that caused it. */
  readonly group_id: string;
  readonly event_source: object;
}

export const causeOf = ({ recorded, envelope }: RecordedEvent): Cause => ({
  event_id: recorded.id,
  group_id: groupOf(envelope.correlation_id),
  event_source: sourceOf(envelope.actor),
});

const digest = (text: string): string => hash('sha256', text, 'hex').slice(0, 18);

export const activityId = (eventId: string, slot: number): string => `evcus_${digest(`${eventId}/${slot}`)}`;

/** The id of the activity about the creation of a customer, or of an order. */
export const creationId = (customerId: string, object: string): string =>
  `evcus_${digest(JSON.stringify(['created', customerId, object]))}`;

const GROUP = /^v-[0-9a-f]{18}$/;
const groupOf = (correlationId: string): string =>
  GROUP.test(correlationId) ? correlationId : `v-${digest(correlationId)}`;

const sourceOf = ({ channel, key }: Actor): object =>
  key === undefined ? { channel } : { channel, api_key: { name: key, app_id: key } };
