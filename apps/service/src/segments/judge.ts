import { Catalog, type EventStore } from '#event-store';
import type { Judge } from '#read-model';
import { type ChangedCustomer, evaluationAfter } from '#segment';
import { type SegmentDefinition, SEGMENTS, Segments } from './segments.js';

/** Schedules segment evaluations for the projector, by the definitions at the start of each batch. */
export class SegmentJudge implements Judge {
  private readonly segments: Segments;

  constructor(
    store: EventStore,
    private readonly now: () => string,
  ) {
    this.segments = new Segments(new Catalog<SegmentDefinition>(store, SEGMENTS, now));
  }

  async prepare(): Promise<void> {
    await this.segments.all();
  }

  lookAt(customer: ChangedCustomer): string | undefined {
    const { active } = this.segments;
    return active.length === 0 ? undefined : evaluationAfter(active, customer, this.now());
  }
}
