import type { Entities } from './entities.js';
import type { EventOf, JsonObject, Stepped, Subject } from './fold.js';
import { type Instant, later } from './instant.js';
import { type Keyed, own, put } from './keyed.js';
import type { Reference } from './profile.js';
import { merge, type Registers } from './register.js';
import { stampOf } from './statement.js';

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

declare module './entities.js' {
  interface EntityOf {
    readonly event: CustomEventEntity;
  }
}

export interface CustomEvents {
  readonly count: number;
  /** Name of the event -> the number of events, and the latest time ever stated for one. */
  readonly names?: Keyed<NamedEvents>;
}

interface NamedEvents {
  readonly count: number;
  readonly last_at: Instant;
}

export const customEvents: Subject<
  'events',
  CustomEvents,
  CustomEventEvent,
  'event',
  { readonly custom_event: CustomEventFact }
> = {
  slice: 'events',
  entities: { event: true },
  facts: { custom_event: customEventDraft },
  initial: { count: 0 },
  on: {
    CustomEventRecorded: {
      personal: ['metadata', 'referral', 'loyalty'],
      touches: ({ id }) => [{ kind: 'event', id }],
      step: apply,
    },
  },
};

function apply(slice: CustomEvents, event: CustomEventEvent, entities: Entities): Stepped<CustomEvents> {
  const {
    data: { id, type },
    occurred_at,
  } = event;
  const before = entities.get('event', id);
  const after = merge(before, { type }, stampOf(event));
  const { count, names = {} } = slice;
  const told = noted(names, type, 0, occurred_at);
  if (after === before) return [told === names ? slice : { count, names: told }, entities];
  const { type: was } = before?.values ?? {};
  const { type: is = type } = after.values;
  const left = was === undefined ? told : noted(told, was, -1);
  return [{ count: before ? count : count + 1, names: noted(left, is, 1) }, entities.set('event', id, after)];
}

function noted(names: Keyed<NamedEvents>, name: string, more: number, at?: Instant): Keyed<NamedEvents> {
  const known = own(names, name);
  const last_at = at === undefined ? (known?.last_at ?? '') : later(known?.last_at, at);
  if (known && more === 0 && last_at === known.last_at) return names;
  return put(names, name, { count: (known?.count ?? 0) + more, last_at });
}

function customEventDraft(_: Entities, { customer: __, ...data }: CustomEventFact) {
  return {
    type: 'CustomEventRecorded' as const,
    data,
  };
}
