import { type CustomerEvent, type CustomerState, customerStream, type Judgement, recordMemberships } from '#customer';
import type { Aggregates } from '#event-store';
import { type DueLook, PROJECTOR, type ReadModel, type TakenLook } from '#read-model';
import { type Subject, subjectOf } from '#segment';
import { type ActiveSegment, lookOf, type Segments } from './segments.js';

const LOOKS_MAX = 500;
/** Of what passed unnoticed while nobody looked: one customer's flips of one segment that are made up for, one by one. */
const BOUNDARIES_MAX = 100;

export interface FlippingParts {
  readonly segments: Segments;
  readonly aggregates: Pick<Aggregates<CustomerState, CustomerEvent>, 'load' | 'transact'>;
  readonly model: ReadModel;
  readonly now: () => string;
  readonly onFlips: (count: number) => void;
}

/** Takes the looks that are due, and records who enters and who leaves. Whoever does it beside another one does no harm. */
export class Flipping {
  constructor(private readonly parts: FlippingParts) {}

  /** True when there is more to do at once. */
  async turn(): Promise<boolean> {
    const { segments, model, now } = this.parts;
    const work = model.segmentWork;
    const due = await work.due(now(), LOOKS_MAX);
    // after that, so that there is no look of a segment that we do not know
    await segments.all();
    const taken = await Promise.all([...byCustomer(due)].map(([id, looks]) => this.look(id, looks)));
    await work.settle(taken.flat());
    const isFilling = await this.fill();
    return isFilling || due.length === LOOKS_MAX;
  }

  /** Looks at some of those who were there before a segment was. */
  private async fill(): Promise<boolean> {
    const { segments, model, now: present } = this.parts;
    const { active, position } = segments;
    const work = model.segmentWork;
    await work.keepOnly(active.map(({ id }) => id));
    for (const segment of active) {
      if ((await work.fillOf(segment.id)).isDone) continue;
      // from there on the projector knows of it: nobody can slip through in between
      if (((await model.reached(PROJECTOR))?.position ?? 0n) < position) return false;
      const now = present();
      await work.fill(segment.id, (id, head) =>
        lookOf(segment, subjectOf(id, head), Object.hasOwn(head.segments ?? {}, segment.id), now),
      );
      return true;
    }
    return false;
  }

  /** Judges a customer anew, and records what is not recorded yet. */
  private async look(id: string, looks: readonly DueLook[]): Promise<TakenLook[]> {
    const stream = customerStream(id);
    const active = new Map(this.parts.segments.active.map((one) => [one.id, one]));
    const now = this.parts.now();
    const { revision: seen, recorded_at } = await this.parts.aggregates.load(stream);
    let taken: TakenLook[] = [];
    const { events } = await this.parts.aggregates.transact(
      stream,
      (state, revision) => {
        const subject = subjectOf(id, state.head);
        const verdicts = looks.map(({ segment_id, due_at }): Verdict => {
          const segment = active.get(segment_id);
          if (!segment || state.status !== 'active') return NOTHING;
          // what was due in the past is judged as of then, if nothing else has happened since
          return judge(segment, subject, revision === seen && recorded_at <= due_at ? due_at : now, now);
        });
        taken = looks.map((look, at) => ({ ...look, next_at: verdicts[at]?.next_at }));
        return recordMemberships(
          state,
          verdicts.flatMap(({ judgements }) => judgements),
        );
      },
      { actor: { channel: 'INTERNAL' }, correlation_id: `segments-${id}` },
    );
    this.parts.onFlips(events.length);
    return taken;
  }
}

interface Verdict {
  readonly judgements: readonly Judgement[];
  readonly next_at: string | undefined;
}

const NOTHING: Verdict = { judgements: [], next_at: undefined };

/** Whether a customer belongs to a segment, at a time and whenever time alone changed that until now. */
function judge({ id, name, filter }: ActiveSegment, subject: Subject, from: string, now: string): Verdict {
  const judgements: Judgement[] = [];
  let at = from;
  for (let passed = 0; ; passed++) {
    judgements.push({ segment: { id, name }, is_member: filter.matches(subject, at), at });
    const next_at = filter.nextFlip(subject, at);
    if (next_at === undefined || next_at > now) return { judgements, next_at };
    at = passed < BOUNDARIES_MAX ? next_at : now;
  }
}

function byCustomer(looks: readonly DueLook[]): Map<string, DueLook[]> {
  const groups = new Map<string, DueLook[]>();
  for (const look of looks) groups.set(look.customer_id, [...(groups.get(look.customer_id) ?? []), look]);
  return groups;
}
