import { Injectable } from '@nestjs/common';
import { type EventReference, History, referenceOf } from '#audit';
import { blank, customer, shown } from '#customer';
import { type ConditionReason, changedAt, subjectOf } from '#segment';
import { Clock } from '../ops/clock.js';
import type { Judged } from './memberships.js';
import type { Segment } from './segments.js';

/** Explains a membership: the values that the filter checks, and the events that set them. */
@Injectable()
export class Reasons {
  constructor(
    private readonly history: History,
    private readonly clock: Clock,
  ) {}

  async why(segment: Segment, person: Judged): Promise<object> {
    const now = this.clock.now();
    const { id, name, filter, customers } = segment;
    const subject = subjectOf(person.id, person.state.head);
    const { truth, junction, conditions } = filter?.why(subject, now) ?? {
      truth: customers?.has(person.id) ?? false,
      junction: null,
      conditions: [],
    };
    const causes = filter ? await this.causes(segment, person) : new Map<string, EventReference>();
    return {
      object: 'segment_why',
      customer_id: person.id,
      segment: { id, name, object: 'segment' },
      is_member: truth,
      since: sinceRecorded(person.state, id),
      junction,
      conditions: conditions.map((one, at) => {
        const because = causes.get(one.attribute);
        const since =
          because && filter && changedAt((time) => filter.why(subject, time).conditions[at], because.recorded_at, now);
        return { ...one, value: one.value ?? null, ...(since !== undefined && { since }), ...(because && { because }) };
      }),
    };
  }

  /** The last event that changed the value of each attribute. */
  private async causes({ filter }: Segment, { id }: Judged): Promise<Map<string, EventReference>> {
    const causes = new Map<string, EventReference>();
    if (!filter) return causes;
    const now = this.clock.now();
    const valuesOf = (head: typeof blank.head): readonly ConditionReason[] =>
      filter.why(subjectOf(id, head), now).conditions;
    let state = blank;
    let before = textsOf(valuesOf(state.head));
    for await (const past of this.history.events(id)) {
      const after = customer.evolve(state, past.event);
      if (after === state) continue;
      state = after;
      const values = textsOf(valuesOf(state.head));
      for (const [attribute, text] of values)
        if (before.get(attribute) !== text) causes.set(attribute, referenceOf(past));
      before = values;
    }
    return causes;
  }
}

function sinceRecorded({ head: { segments } }: Judged['state'], id: string): string | null {
  const at = segments[id];
  return at === undefined ? null : shown(at);
}

const textsOf = (conditions: readonly ConditionReason[]): Map<string, string> =>
  new Map(conditions.map(({ attribute, value }) => [attribute, JSON.stringify(value ?? null)]));
