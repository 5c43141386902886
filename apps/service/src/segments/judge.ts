import { Catalog, type EventStore } from '#event-store';
import type { Judge } from '#read-model';
import { type ChangedCustomer, lookAfter } from '#segment';
import { type SegmentDefinition, SEGMENTS, Segments } from './segments.js';

/** What changes of customers mean for segments, for the projector: each batch by what is defined when it is taken in. */
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
    return active.length === 0 ? undefined : lookAfter(active, customer, this.now());
  }
}
