import type { Entities, EntityKey, EntityKind } from './entities.js';
import type { CardMove } from './card-move.js';
import type { Instant } from './instant.js';
import type { Origin } from './statement.js';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** An event: its type, its business time, its data, and the fact that it comes from. */
export interface EventOf<Type extends string, Data> {
  readonly type: Type;
  readonly occurred_at: Instant;
  readonly data: Data;
  /** Absent for a command. */
  readonly origin?: Origin;
}

type AnyEvent = EventOf<string, object>;

/** The handling of one type of event by a subject. */
export interface Taking<Slice, Event extends AnyEvent> {
  /** The fields of `data` that are about a person: stored sealed, gone after erasure. */
  readonly personal: readonly (keyof Event['data'])[];
  /** The entities that the step reads; a step that corrects an earlier event asks for more (`NotLoaded`). */
  readonly touches: (data: Event['data'], at: Instant) => readonly EntityKey[];
  readonly step: (slice: Slice, event: Event, entities: Entities) => Stepped<Slice>;
}

/** The result of a step. It changes cards by `moves` only, because several subjects share them. */
export type Stepped<Slice> = readonly [slice: Slice, entities: Entities, moves?: readonly CardMove[]];

type Step<Slice> = (slice: Slice, entities: Entities) => Stepped<Slice>;

/** Runs the steps in order and collects their moves. */
export function inTurn<Slice>(slice: Slice, entities: Entities, steps: readonly Step<Slice>[]): Stepped<Slice> {
  return steps.reduce<Stepped<Slice>>(
    ([before, known, moves = []], step) => {
      const [after, all, more = []] = step(before, known);
      return [after, all, [...moves, ...more]];
    },
    [slice, entities],
  );
}

/** An event that is not dated yet. */
export type Draft<Event extends AnyEvent> = { [E in Event as E['type']]: Pick<E, 'type' | 'data'> }[Event['type']];

/**
 * A subject: a slice of the head, kinds of entities, one step per event type, and the events that facts become. A
 * forgotten kind of entity or fact, or a forgotten type of event, does not compile.
 */
export interface Subject<
  Name extends string,
  Slice,
  Event extends AnyEvent,
  Kind extends EntityKind = never,
  Facts extends object = object,
> {
  /** Subjects may share one. */
  readonly slice: Name;
  readonly entities: { readonly [K in Kind]: true };
  readonly initial: Slice;
  /** Turns a slice that was stored as JSON into what the steps work on. */
  readonly restore?: (stored: Slice) => Slice;
  /** Kind of fact -> its event. */
  readonly facts: { readonly [Fact in keyof Facts]: (entities: Entities, fact: Facts[Fact]) => Draft<Event> };
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

/** A refusal: returned, never thrown. */
export class Rejection {
  constructor(
    readonly code: RejectionCode,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {}
}

/** `touches` of a step that reads no entities. */
export const nothing = (): readonly EntityKey[] => [];
