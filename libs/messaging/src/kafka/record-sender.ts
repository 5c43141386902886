import kafkajs, { type Message, type Producer } from 'kafkajs';
import { inTime, within } from '#flow';
import { faultFields, type Log } from '../log.js';
import type { RecordBody } from '../record.js';
import type { KafkaClient } from './client.js';

interface Waiting {
  readonly body: RecordBody;
  readonly partition: number | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The records of one request. */
const RECORDS_MAX = 100;
export const REQUEST_BYTES_MAX = 524_288;
const SEND_MS_MAX = 30_000;
const CLOSE_MS_MAX = 5_000;
/** MESSAGE_TOO_LARGE and RECORD_LIST_TOO_LARGE. */
const TOO_LARGE = new Set<unknown>(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

export interface RecordSenderOptions {
  readonly topic: string;
  /** The name of the records, for the log. */
  readonly what: string;
  /** Replaces a record that the topic refuses; without it sending that record fails. */
  readonly shrink?: (body: RecordBody) => RecordBody;
}

/**
 * Sends records to one topic: idempotent, acknowledged by all replicas, one request at a time, because
 * kafkajs may lose a record when a request fails beside another. After a failure the producer is replaced: a different
 * record under a used sequence number would be acknowledged and dropped.
 */
export class RecordSender {
  readonly #queue: Waiting[] = [];
  #producer: Producer | undefined;
  #flushing: Promise<void> | undefined;

  constructor(
    private readonly client: KafkaClient,
    private readonly options: RecordSenderOptions,
    private readonly log: Log,
  ) {}

  /** Resolves when all replicas have the record; the caller bounds the queue. */
  send(body: RecordBody, partition?: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ body, partition, resolve, reject });
      this.#flushing ??= this.#flush().finally(() => (this.#flushing = undefined));
    });
  }

  async close(): Promise<void> {
    await this.#flushing?.catch(() => undefined);
    await this.#discard();
  }

  async #flush(): Promise<void> {
    // records of one turn share a request
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, sizeOfNext(this.#queue));
      try {
        await this.#attempt(batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
  }

  async #attempt(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#request(batch);
    } catch (error) {
      const { topic, what, shrink } = this.options;
      if (!isTooLarge(error) || !shrink) throw error;
      // it can never be sent whole, and must not block its partition for ever
      this.log.warn({ topic }, `one of the ${what} is larger than its topic allows: sent without its value`);
      await this.#request(batch.map((waiting) => ({ ...waiting, body: shrink(waiting.body) })));
    }
  }

  async #request(batch: readonly Waiting[]): Promise<void> {
    try {
      await within(SEND_MS_MAX, `Sending ${this.options.what}`, this.#sendWith(batch.map(toMessage)));
    } catch (error) {
      this.log.warn(faultFields(error), `${this.options.what} could not be sent: the producer is replaced`);
      await this.#discard();
      throw error;
    }
  }

  async #sendWith(messages: Message[]): Promise<void> {
    if (this.#producer === undefined) {
      this.#producer = this.client.producer({
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
        retry: { initialRetryTime: 50, maxRetryTime: 1_000, retries: 5 },
      });
      await this.#producer.connect();
    }
    await this.#producer.send({ topic: this.options.topic, acks: -1, messages });
  }

  async #discard(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    if (producer) await inTime(CLOSE_MS_MAX, producer.disconnect()).catch(() => undefined);
  }
}

function sizeOfNext(queue: readonly Waiting[]): number {
  let bytes = 0;
  let count = 0;
  for (const { body } of queue.slice(0, RECORDS_MAX)) {
    bytes += (body.value?.length ?? 0) + (body.key?.length ?? 0);
    if (count > 0 && bytes > REQUEST_BYTES_MAX) break;
    count += 1;
  }
  return count;
}

const toMessage = ({ body, partition }: Waiting): Message => ({
  key: body.key,
  value: body.value,
  headers: { ...body.headers },
  ...(partition !== undefined && { partition }),
});

function isTooLarge(error: unknown): boolean {
  const { type, cause } = (error ?? {}) as { type?: unknown; cause?: unknown };
  return TOO_LARGE.has(type) || (cause !== undefined && cause !== error && isTooLarge(cause));
}
