import { sideBySide } from '#flow';
import type { CloudEvent } from './cloud-event.js';
import type { FactsSender, Receipt, RejectedFact } from './facts-sender.js';

export const BATCH_SIZE = 500;
const IN_FLIGHT_MAX = 4;
const REJECTIONS_SHOWN_MAX = 10;

export interface Totals {
  accepted: number;
  duplicate: number;
  rejected: number;
  /** The first few, for display. */
  rejections: RejectedFact[];
}

export interface Batch {
  readonly facts: readonly CloudEvent[];
  /** The number of lines or facts of the source up to the end of this batch. */
  readonly end: number;
}

export interface Listener {
  /** A batch was answered. */
  answered?(batch: Batch, receipt: Receipt): void;
  /** Everything up to `end` was answered without a rejection. */
  acknowledged?(end: number): Promise<void>;
}

/**
 * Sends four batches at a time and sums up the answers. After an error no further batch starts, running ones are awaited,
 * and the error is thrown.
 */
export async function deliver(
  batches: Iterable<Batch> | AsyncIterable<Batch>,
  sender: Pick<FactsSender, 'send'>,
  listener: Listener = {},
): Promise<Totals> {
  const totals: Totals = { accepted: 0, duplicate: 0, rejected: 0, rejections: [] };
  const prefix = new Prefix();
  await sideBySide(numbered(batches), IN_FLIGHT_MAX, async ({ index, batch }) => {
    const receipt = await sender.send(batch.facts);
    add(totals, receipt);
    listener.answered?.(batch, receipt);
    const end = receipt.rejected.length === 0 ? prefix.done(index, batch.end) : undefined;
    if (end !== undefined) await listener.acknowledged?.(end);
  });
  return totals;
}

export function* batchesOf(facts: readonly CloudEvent[]): Generator<Batch> {
  for (let start = 0; start < facts.length; start += BATCH_SIZE) {
    const slice = facts.slice(start, start + BATCH_SIZE);
    yield { facts: slice, end: start + slice.length };
  }
}

/** Batches are answered in any order; only an unbroken run from the first one counts as progress. */
class Prefix {
  private readonly ends = new Map<number, number>();
  private next = 0;

  done(index: number, end: number): number | undefined {
    this.ends.set(index, end);
    let reached: number | undefined;
    for (let found = this.ends.get(this.next); found !== undefined; found = this.ends.get(this.next)) {
      reached = found;
      this.ends.delete(this.next);
      this.next += 1;
    }
    return reached;
  }
}

async function* numbered(
  batches: Iterable<Batch> | AsyncIterable<Batch>,
): AsyncGenerator<{ index: number; batch: Batch }> {
  let index = 0;
  for await (const batch of batches) {
    yield { index, batch };
    index += 1;
  }
}

function add(totals: Totals, { accepted, duplicate, rejected }: Receipt): void {
  totals.accepted += accepted;
  totals.duplicate += duplicate;
  totals.rejected += rejected.length;
  totals.rejections.push(...rejected.slice(0, REJECTIONS_SHOWN_MAX - totals.rejections.length));
}
