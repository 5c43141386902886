import { performance } from 'node:perf_hooks';
import type { Fact, UnreadableFact } from '#contract';
import { type Limiter, type Step, takeByKey, within } from '#flow';
import { toDeadLetter, type Fault } from './dead-letter.js';
import { factOf, keyOfRecord } from './fact-record.js';
import { faultFields, type Log } from './log.js';
import type { PlacedRecord, RecordBody } from './record.js';
import type { FactHandler, FactVerdict } from './verdict.js';

/** `retried`: a temporary failure. */
export type RecordOutcome = 'done' | 'refused' | 'retried';

export interface Workshop {
  readonly handler: FactHandler;
  readonly handler_timeout_ms: number;
  readonly group: string;
  /** Shared by all partitions. */
  readonly limiter: Limiter;
  /** True for errors of a handler that a retry cannot fix. */
  readonly isPermanent: (error: unknown) => boolean;
  /** Resolves when the dead letter is durable. */
  readonly sendDeadLetter: (letter: RecordBody) => Promise<void>;
  readonly onRecord: (outcome: RecordOutcome, duration_ms: number) => void;
  readonly log: Log;
}

interface Item {
  readonly record: PlacedRecord;
  /** An error here is a bug in the parser; it is treated like an error of the handler. */
  readonly fact: Fact | UnreadableFact | Error;
}

interface Failed {
  readonly attempts: number;
  readonly first_failed_at: string;
}

/** Spares a failing partition: after so many failures nothing new begins before the pause. */
const FAULTS_MAX = 8;
/** Parsing takes processor time: other work gets a turn in between. */
const READ_AT_ONCE = 200;

/** The progress on one partition while this member holds it. */
export class PartitionWork {
  /** Failed rounds since the last progress. */
  failures = 0;
  /** Finished records behind an unfinished one. */
  readonly #done = new Set<string>();
  readonly #failed = new Map<string, Failed>();

  constructor(private readonly workshop: Workshop) {}

  /** One round over a batch: true after a temporary failure. */
  async take(records: readonly PlacedRecord[], mayGoOn: () => boolean): Promise<boolean> {
    let faults = 0;
    const items = await read(records.filter(({ offset }) => !this.#done.has(offset)));
    const keyOf = ({ record, fact }: Item): string => keyOfRecord(record, fact instanceof Error ? undefined : fact);
    await takeByKey(items, keyOf, this.workshop.limiter, async (item) => {
      // running work finishes, no other begins
      if (faults >= FAULTS_MAX || !mayGoOn()) return 'stop';
      const step = await this.#one(item);
      if (step === 'stop') faults += 1;
      return step;
    });
    return faults > 0;
  }

  /** The number of leading records that are finished without a gap. */
  finishedPrefix(records: readonly PlacedRecord[], from = 0): number {
    let count = from;
    for (; count < records.length && this.#done.has(records[count]?.offset ?? ''); count += 1);
    return count;
  }

  /** Their offsets are committed, so they do not come again. */
  forget(records: readonly PlacedRecord[]): void {
    for (const { offset } of records) this.#done.delete(offset);
    if (records.length > 0) this.failures = 0;
  }

  async #one({ record, fact }: Item): Promise<Step> {
    const { handler_timeout_ms, onRecord, log } = this.workshop;
    const { offset, partition } = record;
    const started_ms = performance.now();
    const end = (outcome: RecordOutcome): void => onRecord(outcome, performance.now() - started_ms);
    try {
      const verdict = await this.#verdict({ record, fact }, handler_timeout_ms);
      if (verdict.kind === 'refused') await this.#sendDeadLetter(record, verdict);
      this.#done.add(offset);
      this.#failed.delete(offset);
      end(verdict.kind);
      return 'next';
    } catch (error) {
      const { attempts } = this.#note(offset);
      log.warn({ partition, offset, attempts, ...faultFields(error) }, 'a fact could not be handled and is retried');
      end('retried');
      return 'stop';
    }
  }

  async #verdict({ record, fact }: Item, ms_max: number): Promise<FactVerdict> {
    const { handler, isPermanent } = this.workshop;
    try {
      const { partition, offset } = record;
      if (fact instanceof Error) throw fact;
      return await within(ms_max, 'Handling a fact', handler(fact, { partition, offset }));
    } catch (error) {
      if (!isPermanent(error)) throw error;
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      return { kind: 'refused', error_class: name, message };
    }
  }

  async #sendDeadLetter(
    record: PlacedRecord,
    { error_class, message }: FactVerdict & { kind: 'refused' },
  ): Promise<void> {
    const { attempts = 0, first_failed_at = new Date().toISOString() } = this.#failed.get(record.offset) ?? {};
    const consumer_group = this.workshop.group;
    const fault: Fault = { error_class, message, attempts: attempts + 1, first_failed_at, consumer_group };
    await this.workshop.sendDeadLetter(toDeadLetter(record, fault));
  }

  #note(offset: string): Failed {
    const { attempts = 0, first_failed_at = new Date().toISOString() } = this.#failed.get(offset) ?? {};
    const failed = { attempts: attempts + 1, first_failed_at };
    this.#failed.set(offset, failed);
    return failed;
  }
}

async function read(records: readonly PlacedRecord[]): Promise<Item[]> {
  const items: Item[] = [];
  for (const record of records) {
    items.push({ record, fact: readOne(record) });
    if (items.length % READ_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return items;
}

function readOne(record: PlacedRecord): Fact | UnreadableFact | Error {
  try {
    return factOf(record);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
