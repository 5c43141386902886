import type { ActivityKey } from '#activity';
import {
  customer,
  type CustomerEvent,
  customerFrom,
  type CustomerState,
  entityKinds,
  type Need as EntityNeed,
  NotLoaded,
} from '#customer';
import type { Decoded } from '#event-store';
import { activityChanges } from './activity-changes.js';
import type { ActivityRow } from './activity-row.js';
import { ActivityRows, RowsNotLoaded } from './activity-rows.js';
import { errorClass, type Entity, isGone, keyOf, type Poison, type Projected, type Work } from './projection.js';

/** A lookup that the fold asks for. */
export type Need = { readonly entities: EntityNeed } | { readonly rows: ActivityKey };

/** Folds a batch into one customer. An event that cannot be folded leaves the state as it was. */
export class Folding {
  private state: CustomerState;
  private readonly stored = new Map<string, unknown>();
  private readonly loaded: EntityNeed[];
  private readonly asked = new Set<string>();
  private readonly rows: ActivityRows;
  private poison: Poison | undefined;
  private applied = 0;
  private folded = 0;
  private last: Decoded<CustomerEvent> | undefined;

  /** `entities` are the touched ones; all of the customer's when `isWhole`. */
  constructor(
    private readonly work: Work,
    entities: readonly Entity[],
    private readonly isWhole = false,
  ) {
    const { before, touched } = work;
    this.loaded = [...touched];
    for (const one of entities) this.stored.set(keyOf(one), one.entity);
    this.state = customerFrom(before.status, before.head, entities, isWhole ? undefined : this.loaded);
    this.rows = new ActivityRows(isWhole);
  }

  /** Folds until all is done, or returns a lookup that it needs: lookups are rare, so they are not made in advance. */
  goOn(): Need | undefined {
    const { events } = this.work;
    while (this.folded < events.length && !this.poison) {
      const need = this.attempt(events[this.folded] as Decoded<CustomerEvent>);
      if (need) return need;
    }
    return undefined;
  }

  supply(need: EntityNeed, entities: readonly Entity[]): void {
    let all = this.state.entities;
    for (const one of entities) {
      if (this.stored.has(keyOf(one))) continue;
      this.stored.set(keyOf(one), one.entity);
      all = all.set(one.kind, one.id, one.entity as never);
    }
    this.loaded.push(need);
    this.state = { ...this.state, entities: all.restrictedTo(this.loaded) };
  }

  supplyRows(key: ActivityKey, rows: readonly ActivityRow[]): void {
    this.rows.supply(key, rows);
  }

  get outcome(): Projected {
    const { work, state, applied, last } = this;
    const { id, before } = work;
    const poison = this.poison ?? work.poison;
    const { revision, position } = last?.recorded ?? before;
    const left_out = work.left_out + work.events.length - this.folded;
    return {
      ...{ id, before, state, revision, position, applied, left_out },
      changed: isGone(state) ? [] : this.changed(),
      activities: this.rows.changes,
      ...(poison && { poison }),
    };
  }

  private attempt(decoded: Decoded<CustomerEvent>): Need | undefined {
    try {
      this.take(decoded);
      return undefined;
    } catch (error) {
      const need = needOf(error);
      const text = JSON.stringify(need);
      // a lookup that was answered before cannot help
      if (need && !this.asked.has(text)) {
        this.asked.add(text);
        return need;
      }
      this.poison = { recorded: decoded.recorded, error: errorClass(error) };
      return undefined;
    }
  }

  private take(decoded: Decoded<CustomerEvent>): void {
    const { work, state: before } = this;
    const { event } = decoded;
    const after = isGone(before) && event.type !== 'CustomerErased' ? before : customer.evolve(before, event);
    if (!isGone(after)) this.rows.apply(activityChanges(this.rows, work.id, decoded, before, after));
    if (after !== before) this.applied++;
    this.folded++;
    this.state = after;
    this.last = decoded;
  }

  private changed(): Entity[] {
    return entityKinds.flatMap((kind) =>
      [...this.state.entities.ofKind(kind)].flatMap(([id, entity]) =>
        entity === this.stored.get(keyOf({ kind, id })) ? [] : [{ kind, id, entity }],
      ),
    );
  }
}

function needOf(error: unknown): Need | undefined {
  if (error instanceof NotLoaded) return { entities: error.need };
  return error instanceof RowsNotLoaded ? { rows: error.key } : undefined;
}

/** Folds a customer's whole history, which needs no lookups. */
export function foldWhole(work: Work): Projected {
  const folding = new Folding(work, [], true);
  folding.goOn();
  return folding.outcome;
}
