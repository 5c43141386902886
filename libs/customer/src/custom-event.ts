import type { Entities } from './entities.js';
import type { EventOf, Instant, JsonObject, Stepped, Subject } from './fold.js';
import { merge, type Registers } from './merge.js';
import type { Reference } from './profile.js';

interface CustomEventSaid {
  readonly id: string;
  /** The name of the custom event. */
  readonly type: string;
  readonly metadata?: JsonObject;
  readonly referral?: JsonObject;
  readonly loyalty?: JsonObject;
}

/** `customer.custom_event`. */
export interface CustomEventFact extends CustomEventSaid {
  readonly customer: Reference;
}

export type CustomEventEvent = EventOf<'CustomEventRecorded', CustomEventSaid>;

export type CustomEventEntity = Registers<{ readonly type: string }>;

export interface CustomEvents {
  readonly count: number;
}

export const customEvents: Subject<CustomEvents, CustomEventEvent> = {
  initial: { count: 0 },
  on: {
    CustomEventRecorded: {
      personal: ['metadata', 'referral', 'loyalty'],
      touches: ({ id }) => [{ kind: 'event', id }],
      step: settle,
    },
  },
};

function settle(
  slice: CustomEvents,
  { data: { id, type }, occurred_at }: CustomEventEvent,
  entities: Entities,
): Stepped<CustomEvents> {
  const before = entities.get('event', id);
  const after = merge(before, { type }, occurred_at);
  if (after === before) return [slice, entities];
  return [before ? slice : { count: slice.count + 1 }, entities.set('event', id, after)];
}

export const customEventEvent = (
  _: Entities,
  { customer: __, ...data }: CustomEventFact,
  at: Instant,
): CustomEventEvent => ({
  type: 'CustomEventRecorded',
  occurred_at: at,
  data,
});
