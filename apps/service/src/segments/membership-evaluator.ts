import { type CustomerEvent, type CustomerState, customerStream, nine, recordMemberships } from '#customer';
import { type Repository, UnreadableEvent } from '#event-store';
import { type DueEvaluation, PROJECTOR, type ReadModel, type FinishedEvaluation } from '#read-model';
import { judge, evaluationAt, startOf, subjectOf } from '#segment';
import type { Segments } from './segments.js';

const EVALUATIONS_MAX = 500;

export interface EvaluatorParts {
  readonly segments: Segments;
  readonly repository: Pick<Repository<CustomerState, CustomerEvent>, 'load' | 'handle'>;
  readonly model: ReadModel;
  readonly now: () => string;
  readonly onChanges: (count: number) => void;
}

/** Runs due evaluations and records entries and exits. Two instances at the same time do no harm. */
export class MembershipEvaluator {
  /** Segments whose backfill is complete. */
  private readonly filled = new Set<string>();
  /** The position of the definitions at the last cleanup. */
  private tidied = -1n;

  constructor(private readonly parts: EvaluatorParts) {}

  /** Runs due evaluations and a part of a backfill; true when more work is due at once. */
  async turn(): Promise<boolean> {
    const { segments, model, now } = this.parts;
    const work = model.segmentWork;
    const due = await work.due(now(), EVALUATIONS_MAX);
    // after reading due evaluations, so that the segments of all of them are known
    await segments.all();
    const taken = await Promise.all(
      due.map((one) => this.evaluate(one).catch((error: unknown) => leftOut(one, error))),
    );
    await work.complete(taken);
    const isFilling = await this.fill();
    return isFilling || due.length === EVALUATIONS_MAX;
  }

  /** Continues the backfill of a segment with some existing customers; false when it cannot go on at once. */
  private async fill(): Promise<boolean> {
    const { segments, model, now: present } = this.parts;
    const { active, position } = segments;
    const work = model.segmentWork;
    if (position !== this.tidied) await work.keepOnly(active.map(({ id }) => id));
    this.tidied = position;
    const open = active.filter(({ id }) => !this.filled.has(id));
    const fills = open.length === 0 ? undefined : await work.fills();
    for (const segment of open) {
      if (fills?.get(segment.id)?.isDone === true) {
        this.filled.add(segment.id);
        continue;
      }
      // from this position on the projector evaluates the segment, so that no customer is missed
      if (((await model.reached(PROJECTOR))?.position ?? 0n) < position) return false;
      await work.fill(segment.id, present(), (id, head) =>
        evaluationAt(segment, subjectOf(id, head), Object.hasOwn(head.segments ?? {}, segment.id), startOf(segment)),
      );
      return true;
    }
    return false;
  }

  /** Evaluates all segments for a customer, and records the changes. */
  private async evaluate(due: DueEvaluation): Promise<FinishedEvaluation> {
    const { repository, segments, now: present, onChanges } = this.parts;
    const { customer_id: id, due_at } = due;
    const stream = customerStream(id);
    const { revision: seen, recorded_at } = await repository.load(stream);
    let next_at: string | undefined;
    const { events } = await repository.handle(
      stream,
      ({ state, revision }) => {
        next_at = undefined;
        if (state.status !== 'active') return { events: [], state };
        // the time of the decision, because other instances may have recorded changes since this call started
        const now = present();
        const subject = subjectOf(id, state.head);
        // a late evaluation counts from its due time, unless the customer has changed since
        const from = revision === seen && recorded_at <= nine(due_at) ? due_at : now;
        const verdicts = segments.active.map((one) => judge(one, subject, from, now));
        for (const verdict of verdicts)
          if (verdict.next_at !== undefined && (next_at === undefined || verdict.next_at < next_at))
            next_at = verdict.next_at;
        return recordMemberships(
          state,
          verdicts.flatMap(({ judgements }) => judgements),
        );
      },
      { actor: { channel: 'INTERNAL' }, correlation_id: `segments-${id}-${present()}` },
    );
    onChanges(events.length);
    return { ...due, next_at };
  }
}

/** Ends the evaluation of an unreadable customer: the projector has parked it, and a repair requests another. */
function leftOut(due: DueEvaluation, error: unknown): FinishedEvaluation {
  if (error instanceof UnreadableEvent) return { ...due, next_at: undefined };
  throw error;
}
