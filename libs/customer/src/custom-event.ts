import type { Entities } from './entities.js';
import type { EventOf, Instant, JsonObject, Stepped, Subject } from './fold.js';
import { type Keyed, later, merge, own, put, type Registers } from './merge.js';
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

/** How often each custom event happened, and when last. */
export type CustomEvents = Keyed<{ readonly count: number; readonly last_at: Instant }>;

export const customEvents: Subject<CustomEvents, CustomEventEvent> = {
  initial: {},
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
  const without = before?.values.type === undefined ? slice : count(slice, before.values.type, -1);
  return [count(without, after.values.type ?? type, 1, occurred_at), entities.set('event', id, after)];
}

function count(slice: CustomEvents, name: string, by: 1 | -1, at?: Instant): CustomEvents {
  const known = own(slice, name);
  return put(slice, name, {
    count: (known?.count ?? 0) + by,
    last_at: at === undefined ? (known?.last_at ?? '') : later(known?.last_at, at),
  });
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
