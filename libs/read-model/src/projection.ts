import {
  blank,
  customer,
  type CustomerEvent,
  customerFrom,
  type CustomerState,
  type StoredEntity,
  touches,
} from '#customer';
import type { Decoded, Position, RecordedEvent } from '#event-store';
import { type ActivityRow, activitiesOf } from './activities.js';

/** An event that can be folded, or why it cannot. */
export type Incoming = Decoded<CustomerEvent> | Poison;
export interface Poison {
  readonly recorded: RecordedEvent;
  readonly error: string;
}

export type Entity = StoredEntity;
type EntityKey = Omit<Entity, 'entity'>;

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
  /** Entities that are not what they were. */
  readonly changed: readonly Entity[];
  readonly activities: readonly ActivityRow[];
  /** When the last event that changed something was recorded. */
  readonly recorded_at?: string;
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
  private poison: Poison | undefined;
  private left_out = 0;

  constructor(
    readonly id: string,
    readonly before: Stored,
    incoming: readonly Incoming[],
  ) {
    const events: Decoded<CustomerEvent>[] = [];
    const touched = new Map<string, EntityKey>();
    const fresh = incoming.filter(({ recorded }) => recorded.position > before.position);
    for (const one of fresh) {
      if (!this.attempt(one, (event) => note(touched, touches(event)))) break;
      if (!('error' in one)) events.push(one);
    }
    this.left_out = fresh.length - events.length;
    this.events = events;
    this.touched = [...touched.values()];
  }

  /**
   * Folds with only the touched entities loaded. Undefined when the last order stopped being the last one, so that the
   * runner-up is needed as well: seldom, and dearer to ask for beforehand than to fold again.
   */
  project(entities: readonly Entity[], hasRunnerUp = false): Projected | undefined {
    const { id, before } = this;
    const folding = new Folding(id, customerFrom(before.status, before.head, entities), before);
    for (const decoded of this.events) {
      if (!this.attempt(decoded, () => folding.take(decoded))) break;
      if (folding.isLastLost && !hasRunnerUp) return undefined;
    }
    const { state, revision, position, activities, applied, folded, recorded_at } = folding;
    const changed = isGone(state) ? [] : changedEntities(this.touched, entities, state);
    const left_out = this.left_out + this.events.length - folded;
    const projected = {
      id,
      before,
      state,
      revision,
      position,
      changed,
      activities,
      applied,
      left_out,
      ...(recorded_at !== undefined && { recorded_at }),
    };
    return this.poison ? { ...projected, poison: this.poison } : projected;
  }

  private attempt(one: Incoming, step: (event: CustomerEvent) => void): boolean {
    if ('error' in one) {
      this.poison = one;
      return false;
    }
    try {
      step(one.event);
      return true;
    } catch (error) {
      this.poison = { recorded: one.recorded, error: errorClass(error) };
      return false;
    }
  }
}

/** A customer while a batch is folded. An event that cannot be taken leaves everything as it was. */
class Folding {
  readonly activities: ActivityRow[] = [];
  revision: number;
  position: Position;
  applied = 0;
  folded = 0;
  isLastLost = false;
  recorded_at: string | undefined;

  constructor(
    private readonly id: string,
    public state: CustomerState,
    { revision, position }: Stored,
  ) {
    this.revision = revision;
    this.position = position;
  }

  take(decoded: Decoded<CustomerEvent>): void {
    const { event, recorded, envelope } = decoded;
    const after =
      isGone(this.state) && event.type !== 'CustomerErased' ? this.state : customer.evolve(this.state, event);
    if (!isGone(after)) this.activities.push(...activitiesOf(this.id, decoded, this.state, after));
    this.isLastLost ||= losesLast(this.state, after);
    if (after !== this.state) {
      this.applied++;
      this.recorded_at = envelope.recorded_at;
    }
    this.folded++;
    this.state = after;
    this.revision = recorded.revision;
    this.position = recorded.position;
  }
}

function changedEntities(touched: readonly EntityKey[], loaded: readonly Entity[], state: CustomerState): Entity[] {
  const before = new Map(loaded.map((one) => [keyOf(one), one.entity]));
  return touched.flatMap(({ kind, id }) => {
    const entity: unknown = state.entities.get(kind, id);
    return entity === undefined || entity === before.get(keyOf({ kind, id })) ? [] : [{ kind, id, entity }];
  });
}

const keyOf = ({ kind, id }: EntityKey): string => `${kind}/${id}`;

function note(touched: Map<string, EntityKey>, more: ReturnType<typeof touches>): void {
  for (const one of more) touched.set(keyOf(one), one);
}

/** Whether the last order moved back, so that an order that is not loaded may be later. */
function losesLast({ head: { orders: was } }: CustomerState, after: CustomerState): boolean {
  if (isGone(after) || was.last === null) return false;
  const is = after.head.orders.last;
  return (
    is === null || is.created_at < was.last.created_at || (is.created_at === was.last.created_at && is.id < was.last.id)
  );
}

/** Messages may quote what was being read; the class does not. */
export const errorClass = (error: unknown): string => (error instanceof Error ? error.constructor.name : typeof error);
