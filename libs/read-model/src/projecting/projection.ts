import { objectsAhead } from '#activity';
import { blank, type CustomerEvent, type CustomerState, type EntityKey, type StoredEntity, touches } from '#customer';
import type { Decoded, Position, RecordedEvent } from '#event-store';
import type { RowsChanged } from './activity-rows.js';

/** An event that can be folded, or why it cannot. */
export type Incoming = Decoded<CustomerEvent> | Poison;
export interface Poison {
  readonly recorded: RecordedEvent;
  readonly error: string;
}

export type Entity = StoredEntity;

/** A customer as the tables have it, before a batch. */
export interface Stored {
  readonly status: CustomerState['status'];
  readonly head: CustomerState['head'];
  readonly revision: number;
  readonly position: Position;
}

const { status, head } = blank;
export const nobody: Stored = { status, head, revision: -1, position: -1n };

export const isGone = ({ status }: { readonly status: CustomerState['status'] }): boolean =>
  status === 'deleted' || status === 'erased';

/** What a batch makes of one customer. */
export interface Projected {
  readonly id: string;
  readonly before: Stored;
  readonly state: CustomerState;
  readonly revision: number;
  readonly position: Position;
  /** Entities and activity that are not what they were. */
  readonly changed: readonly Entity[];
  readonly activities: RowsChanged;
  /** Events that changed something. */
  readonly applied: number;
  /** Events that wait behind the poison, itself among them. */
  readonly left_out: number;
  /** The event that could not be folded; the customer stands as it was before it. */
  readonly poison?: Poison;
}

/** What of a batch is new to a customer, up to the first event that cannot be taken in. */
export class Work {
  readonly events: readonly Decoded<CustomerEvent>[];
  readonly touched: readonly EntityKey[];
  /** Objects whose activity the events are sure to look at. */
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

/** Why a step with an event fails, if it does. */
export function poisonOf(one: Decoded<CustomerEvent>, step: (one: Decoded<CustomerEvent>) => void): Poison | undefined {
  try {
    step(one);
    return undefined;
  } catch (error) {
    return { recorded: one.recorded, error: errorClass(error) };
  }
}

export const keyOf = ({ kind, id }: EntityKey): string => `${kind}/${id}`;

/** Messages may quote what was being read; the class does not. */
export const errorClass = (error: unknown): string => (error instanceof Error ? error.constructor.name : typeof error);
