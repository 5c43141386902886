import { objectsAhead } from '#activity';
import { blank, type CustomerEvent, type CustomerState, type EntityKey, type StoredEntity, touches } from '#customer';
import type { Decoded, Position, RecordedEvent } from '#event-store';
import type { RowsChanged } from './activity-rows.js';

/** A decoded event, or the reason why it cannot be decoded. */
export type Incoming = Decoded<CustomerEvent> | Poison;
export interface Poison {
  readonly recorded: RecordedEvent;
  readonly error: string;
}

export type Entity = StoredEntity;

/** A customer as stored before a batch. */
export interface Stored {
  readonly status: CustomerState['status'];
  readonly head: CustomerState['head'];
  readonly revision: number;
  readonly position: Position;
}

const { status, head } = blank;
export const noCustomer: Stored = { status, head, revision: -1, position: -1n };

export const isGone = ({ status }: { readonly status: CustomerState['status'] }): boolean =>
  status === 'deleted' || status === 'erased';

/** The result of a batch for one customer. */
export interface Projected {
  readonly id: string;
  readonly before: Stored;
  readonly state: CustomerState;
  readonly revision: number;
  readonly position: Position;
  /** The changed entities; `activities` are the changed entries. */
  readonly changed: readonly Entity[];
  readonly activities: RowsChanged;
  /** Events that changed something. */
  readonly applied: number;
  /** Events that wait behind the poison, including itself. */
  readonly left_out: number;
  /** The event that could not be folded; the customer keeps the state before it. */
  readonly poison?: Poison;
}

/** The events of a batch that are new to a customer, up to the first that cannot be projected. */
export class Work {
  readonly events: readonly Decoded<CustomerEvent>[];
  readonly touched: readonly EntityKey[];
  /** The objects of the activity entries that the events always read. */
  readonly objects: readonly string[];
  readonly poison: Poison | undefined;
  readonly left_out: number;

  constructor(
    readonly id: string,
    readonly before: Stored,
    incoming: readonly Incoming[],
  ) {
    const touched = new Map<string, EntityKey>();
    const objects = new Set<string>();
    const fresh = incoming.filter(({ recorded }) => recorded.position > before.position);
    const events: Decoded<CustomerEvent>[] = [];
    for (const one of fresh) {
      const poison = 'error' in one ? one : poisonOf(one, ({ event }) => note(event, touched, objects));
      if (poison) this.poison = poison;
      if (poison || 'error' in one) break;
      events.push(one);
    }
    this.left_out = fresh.length - events.length;
    this.events = events;
    this.touched = [...touched.values()];
    this.objects = [...objects];
  }
}

function note(event: CustomerEvent, touched: Map<string, EntityKey>, objects: Set<string>): void {
  for (const one of touches(event)) touched.set(keyOf(one), one);
  for (const object of objectsAhead(event)) objects.add(object);
}

/** Runs a step with an event; returns the event as poison when the step fails. */
export function poisonOf(one: Decoded<CustomerEvent>, step: (one: Decoded<CustomerEvent>) => void): Poison | undefined {
  try {
    step(one);
    return undefined;
  } catch (error) {
    return { recorded: one.recorded, error: errorClass(error) };
  }
}

export const keyOf = ({ kind, id }: EntityKey): string => `${kind}/${id}`;

/** The class of an error, because its message may quote personal data. */
export const errorClass = (error: unknown): string => (error instanceof Error ? error.constructor.name : typeof error);
