import { randomUUID } from 'node:crypto';
import type { Admin, Batch, Consumer, EachBatchPayload } from 'kafkajs';
import { inTime, retry, within } from '#flow';
import { BACKOFF } from '../backoff.js';
import { deadLetterOf, type DeadLetter, settledBy, settlement, type Settlement } from '../dead-letter.js';
import type { Log } from '../log.js';
import type { PlacedRecord } from '../record.js';
import type { KafkaClient } from './client.js';
import { deadLetterSender } from './dead-letter-sender.js';
import type { RecordSender } from './record-sender.js';

export interface DeadLettersOptions {
  readonly client: KafkaClient;
  readonly dlq_topic: string;
  /** The prefix of the temporary consumer groups, `<prefix>.dlq-cli`. */
  readonly group: string;
}

/** Partition -> offset. */
type Places = Map<number, bigint>;
/** Returns true when it wants more. */
type Take = (record: PlacedRecord) => boolean;

const PAGE_LETTERS = 500;
const READ_MS_MAX = 300_000;
const CLOSE_MS_MAX = 10_000;
const ASK_MS_MAX = 20_000;
const ATTEMPTS_MAX = 6;

/**
 * The dead letters that are not settled yet. A settlement is a record of its own behind it in the same partition, so that
 * the topic alone holds the state, and concurrent readers are safe.
 */
export class DeadLetters {
  readonly #sender: RecordSender;
  readonly #admin: Admin;

  private constructor(
    private readonly options: DeadLettersOptions,
    log: Log,
  ) {
    this.#sender = deadLetterSender(options.client, options.dlq_topic, log);
    this.#admin = options.client.admin();
  }

  static async open(options: DeadLettersOptions, log: Log): Promise<DeadLetters> {
    const letters = new DeadLetters(options, log);
    await letters.#admin.connect();
    return letters;
  }

  /** The open dead letters at the time of the call, in the order of each partition. */
  async *list(): AsyncIterable<DeadLetter> {
    const { begin, end } = await this.#bounds();
    const settled = await this.#settled(begin, end);
    const next = new Map(begin);
    for (;;) {
      const page: DeadLetter[] = [];
      await this.#read(next, end, (record) => {
        const letter = deadLetterOf(record);
        if (letter && !settled.has(`${record.partition}/${record.offset}`)) page.push(letter);
        return page.length < PAGE_LETTERS;
      });
      yield* page;
      if (page.length < PAGE_LETTERS) return;
    }
  }

  /** The dead letter at a place; undefined when there is none, or when it is settled. */
  async find(partition: number, offset: string): Promise<DeadLetter | undefined> {
    const { begin, end } = await this.#bounds(partition);
    const from = BigInt(offset);
    if (from < (begin.get(partition) ?? 0n) || from >= (end.get(partition) ?? 0n)) return undefined;
    let found: DeadLetter | undefined;
    let isSettled = false;
    await this.#read(new Map([[partition, from]]), end, (record) => {
      if (record.offset === offset) found = deadLetterOf(record);
      isSettled ||= settledBy(record) === offset;
      return !isSettled;
    });
    return isSettled ? undefined : found;
  }

  /** Resolves when the settlement is durable; from then on the dead letter is not listed. */
  async settle(letter: DeadLetter, as: Settlement): Promise<void> {
    await this.#sender.send(settlement(letter, as), letter.partition);
  }

  async close(): Promise<void> {
    await this.#sender.close();
    await inTime(CLOSE_MS_MAX, this.#admin.disconnect()).catch(() => undefined);
  }

  async #bounds(only?: number): Promise<{ begin: Places; end: Places }> {
    const offsets = await this.#offsets();
    const filled = offsets.filter(({ partition, low, high }) => low !== high && partition === (only ?? partition));
    return {
      begin: new Map(filled.map(({ partition, low }) => [partition, BigInt(low)])),
      end: new Map(filled.map(({ partition, high }) => [partition, BigInt(high)])),
    };
  }

  /** A partition may be changing its leader, or be too new to have one. */
  #offsets(): ReturnType<Admin['fetchTopicOffsets']> {
    return retry(
      () => within(ASK_MS_MAX, 'Asking for offsets', this.#admin.fetchTopicOffsets(this.options.dlq_topic)),
      { ...BACKOFF, attempts_max: ATTEMPTS_MAX },
    );
  }

  async #settled(begin: Places, end: Places): Promise<Set<string>> {
    const settled = new Set<string>();
    await this.#read(new Map(begin), end, (record) => {
      const offset = settledBy(record);
      if (offset !== undefined) settled.add(`${record.partition}/${offset}`);
      return true;
    });
    return settled;
  }

  /** Reads records from `next` up to `end`, moving `next`, until the end or until `take` wants no more. */
  async #read(next: Places, end: Places, take: Take): Promise<void> {
    const isRead = (): boolean => [...next].every(([partition, at]) => at >= (end.get(partition) ?? 0n));
    if (isRead()) return;
    const groupId = `${this.options.group}.${randomUUID()}`;
    const consumer = this.options.client.consumer({
      groupId,
      allowAutoTopicCreation: false,
      maxWaitTimeInMs: 200,
      retry: { retries: 5, restartOnFailure: async () => false },
    });
    try {
      await within(READ_MS_MAX, 'Reading dead letters', this.#readWith(consumer, next, { isRead, take }));
    } finally {
      await inTime(CLOSE_MS_MAX, consumer.disconnect()).catch(() => undefined);
      await this.#admin.deleteGroups([groupId]).catch(() => undefined);
    }
  }

  async #readWith(
    consumer: Consumer,
    next: Places,
    { isRead, take }: { isRead: () => boolean; take: Take },
  ): Promise<void> {
    const topic = this.options.dlq_topic;
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve, reject) => {
      end = resolve;
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    });
    ended.catch(() => undefined);
    let wantsMore = true;
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }: EachBatchPayload) => {
        wantsMore &&= takeBatch(batch, next, take);
        if (!wantsMore || isRead()) end();
      },
    });
    for (const [partition, offset] of next) consumer.seek({ topic, partition, offset: String(offset) });
    await ended;
  }
}

/** Takes the records of a batch from `next` on, moving `next`; false when `take` wants no more. */
function takeBatch(batch: Batch, next: Places, take: Take): boolean {
  const { topic, partition, messages } = batch;
  const from = next.get(partition);
  if (from === undefined) return true;
  for (const { key, value, headers = {}, offset, timestamp } of messages) {
    if (BigInt(offset) < from) continue;
    next.set(partition, BigInt(offset) + 1n);
    if (!take({ topic, partition, offset, timestamp, key, value, headers })) return false;
  }
  // a foreign transaction ends with a marker that consumers never receive
  const through = BigInt(batch.lastOffset()) + 1n;
  if (through > from) next.set(partition, through);
  return true;
}
