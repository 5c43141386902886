import { type CustomerEvent, type CustomerState, customerStream, nine, recordMemberships } from '#customer';
import { type Aggregates, UnreadableEvent } from '#event-store';
import { type DueLook, PROJECTOR, type ReadModel, type TakenLook } from '#read-model';
import { judge, lookAt, startOf, subjectOf } from '#segment';
import type { Segments } from './segments.js';

const LOOKS_MAX = 500;

export interface FlippingParts {
  readonly segments: Segments;
  readonly aggregates: Pick<Aggregates<CustomerState, CustomerEvent>, 'load' | 'transact'>;
  readonly model: ReadModel;
  readonly now: () => string;
  readonly onFlips: (count: number) => void;
}

/** Takes the looks that are due, and records who enters and who leaves. Whoever does it beside another one does no harm. */
export class Flipping {
  /** Segments that have looked at all who were there before them. */
  private readonly filled = new Set<string>();
  /** The definitions as of which what is left of others was removed. */
  private tidied = -1n;

  constructor(private readonly parts: FlippingParts) {}

  /** True when there is more to do at once. */
  async turn(): Promise<boolean> {
    const { segments, model, now } = this.parts;
    const work = model.segmentWork;
    const due = await work.due(now(), LOOKS_MAX);
    // after that, so that there is no look of a segment that we do not know
    await segments.all();
    const taken = await Promise.all(due.map((look) => this.look(look).catch((error: unknown) => leftOut(look, error))));
    await work.settle(taken);
    const isFilling = await this.fill();
    return isFilling || due.length === LOOKS_MAX;
  }

  /** Looks at some of those who were there before a segment was. */
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
      // from there on the projector knows of it: nobody can slip through in between
      if (((await model.reached(PROJECTOR))?.position ?? 0n) < position) return false;
      await work.fill(segment.id, present(), (id, head) =>
        lookAt(segment, subjectOf(id, head), Object.hasOwn(head.segments ?? {}, segment.id), startOf(segment)),
      );
      return true;
    }
    return false;
  }

  /** Judges a customer anew by all segments, and records what is not recorded yet. */
  private async look(look: DueLook): Promise<TakenLook> {
    const { aggregates, segments, now: present, onFlips } = this.parts;
    const { customer_id: id, due_at } = look;
    const stream = customerStream(id);
    const { revision: seen, recorded_at } = await aggregates.load(stream);
    let next_at: string | undefined;
    const { events } = await aggregates.transact(
      stream,
      ({ state, revision }) => {
        next_at = undefined;
        if (state.status !== 'active') return { events: [], state };
        // as of when it is decided: others may have flipped the customer since this look began
        const now = present();
        const subject = subjectOf(id, state.head);
        // what was due in the past is judged as of then, if nothing else has happened since
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
    onFlips(events.length);
    return { ...look, next_at };
  }
}

/** Who cannot be read holds up nobody: the projector has parked them, and whoever mends that asks for another look. */
function leftOut(look: DueLook, error: unknown): TakenLook {
  if (error instanceof UnreadableEvent) return { ...look, next_at: undefined };
  throw error;
}
