import type { Entities, EntityKey } from './entities.js';

/** ISO 8601 with milliseconds in UTC (`2021-04-07T08:04:03.000Z`), so that the order of texts is the order of times. */
export type Instant = string;

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Something that happened: what, when (business time), and all that was said about it. */
export interface EventOf<Type extends string, Data> {
  readonly type: Type;
  readonly occurred_at: Instant;
  readonly data: Data;
}

type AnyEvent = EventOf<string, object>;

/** How a subject takes in one type of event. A step that finds nothing new returns the very same slice and entities. */
export interface Taking<Slice, Event extends AnyEvent> {
  /** The fields of `data` that are about a person: stored sealed, gone after erasure. */
  readonly personal: readonly (keyof Event['data'])[];
  /** The entities that the step looks at; it sees no others. */
  readonly touches: (data: Event['data']) => readonly EntityKey[];
  readonly step: (slice: Slice, event: Event, entities: Entities) => Stepped<Slice>;
}

export type Stepped<Slice> = readonly [slice: Slice, entities: Entities];

/** A subject: a slice of the state and one step per event type. A forgotten type does not compile. */
export interface Subject<Slice, Event extends AnyEvent> {
  readonly initial: Slice;
  readonly on: { readonly [Type in Event['type']]: Taking<Slice, Extract<Event, { readonly type: Type }>> };
}

export type RejectionCode =
  | 'not_found'
  | 'invalid_amount'
  | 'duplicate_found'
  | 'revision_mismatch'
  | 'missing_customer'
  | 'invalid_customer'
  | 'fact_conflict'
  | 'customer_deleted';

/** Why something was not accepted: a value that is returned, never thrown. */
export class Rejection {
  constructor(
    readonly code: RejectionCode,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {}
}

/** Steps that need no entities. */
export const nothing = (): readonly EntityKey[] => [];
