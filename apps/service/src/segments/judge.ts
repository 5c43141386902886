import { Catalog, type EventStore } from '#event-store';
import type { Changed, Judge, Look } from '#read-model';
import { looksOf, type SegmentDefinition, SEGMENTS, Segments } from './segments.js';

/** What changes of customers mean for segments, for the projector: definitions count from where they stand in the history. */
export class SegmentJudge implements Judge {
  private readonly segments: Segments;
  private isKnown = false;

  constructor(
    store: EventStore,
    private readonly now: () => string,
  ) {
    this.segments = new Segments(new Catalog<SegmentDefinition>(store, SEGMENTS, now));
  }

  async prepare(events: readonly { readonly stream: string }[]): Promise<void> {
    if (this.isKnown && !events.some(({ stream }) => stream === SEGMENTS.stream)) return;
    await this.segments.all();
    this.isKnown = true;
  }

  looks(customer: Changed): readonly Look[] {
    const { active } = this.segments;
    return active.length === 0 ? [] : looksOf(active, customer, this.now());
  }
}
