import kafkajs, { type Message, type Producer, type Transaction } from 'kafkajs';
import { DeadlineExceeded, inTime, retry, sleep, within } from '#flow';
import { faultFields, type Log } from '../log.js';
import type { Outgoing } from '../outgoing.js';
import type { KafkaClient } from './client.js';

export interface ShardPublisherOptions {
  readonly client: KafkaClient;
  /** One for each shard, always the same: the last publisher that opens it fences the others. */
  readonly transactional_id: string;
  readonly events_topic: string;
  readonly customers_topic: string;
  /** The deadline of one publish; default 30 s. */
  readonly publish_ms_max?: number;
  /** The broker aborts an abandoned transaction after this time; default 60 s. */
  readonly transaction_timeout_ms?: number;
  /** Asked before a lost producer is replaced, which would fence a rightful successor; default: yes. */
  readonly isOwner?: () => Promise<boolean>;
}

/** The messages were not published; a retry may succeed. */
export class PublishFailed extends Error {
  override readonly name = 'PublishFailed';

  constructor(
    cause: unknown,
    /** True when the answer to the commit was lost and could not be resolved: the messages may be there. */
    readonly isInDoubt = false,
  ) {
    super(isInDoubt ? 'The messages may have been published' : 'The messages were not published', { cause });
  }
}

/** Another publisher opened the same transactional id, or the broker aborted this one. This publisher is finished. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}

interface Open {
  readonly producer: Producer;
  /** The last position in Kafka. */
  position: bigint | undefined;
}

const OPEN_MS_MAX = 30_000;
const CLOSE_MS_MAX = 5_000;
const ABORT_MS_MAX = 2_000;
/** Brokers take 1 MiB in a request for a partition by default. */
const SEND_BYTES_MAX = 524_288;
/** An older broker shows the offsets of a completed transaction with a delay. */
const SETTLE_MS = 250;
const SETTLE_PAUSES = { first_ms: 50, last_ms: 2_000 };

/**
 * Publishes the customers of one shard, one transaction at a time: readers of committed records see each of them whole,
 * in order and once. The position goes into the same transaction, as the offset of a group of its own, so that a lost
 * answer can be resolved later.
 */
export class ShardPublisher {
  readonly #options;
  readonly #group: string;
  #open: Open | undefined;
  #isFenced = false;
  #wasOpen = false;
  #isBusy = false;

  constructor(
    options: ShardPublisherOptions,
    private readonly log: Log,
  ) {
    this.#options = { publish_ms_max: 30_000, transaction_timeout_ms: 60_000, ...options };
    this.#group = `${options.transactional_id}.position`;
  }

  /**
   * The last position in Kafka; undefined when there is none, or none any more: brokers drop it a week after the last
   * one. Opens the publisher and fences any other of the same id.
   */
  position(): Promise<bigint | undefined> {
    return this.#alone(async () => (await this.#opened()).position);
  }

  /**
   * Publishes all messages, or none and throws PublishFailed or Fenced. `position` is the place of the last message in the
   * caller's log: messages up to the position in Kafka are not sent again, so that the same batch may be repeated after
   * PublishFailed. A caller gives a position always or never.
   */
  publish(messages: readonly Outgoing[], position?: bigint): Promise<void> {
    return this.#alone(() => this.#publish(messages, position));
  }

  async close(): Promise<void> {
    await this.#discard();
  }

  async #publish(messages: readonly Outgoing[], position: bigint | undefined): Promise<void> {
    if (messages.length === 0) return;
    const open = await this.#opened();
    if (position !== undefined && open.position !== undefined && position <= open.position) return;
    const next = position ?? (open.position ?? 0n) + 1n;
    const work = new Attempt(open.producer);
    try {
      const sent = work.send(this.#batches(messages), this.#mark(next));
      await within(this.#options.publish_ms_max, 'Publishing', sent);
      open.position = next;
    } catch (error) {
      await this.#failed(work, error);
      if (!work.isInDoubt) throw new PublishFailed(error);
      await this.#settle(next, error);
    }
  }

  async #opened(): Promise<Open> {
    if (this.#isFenced) throw new Fenced('This publisher is fenced');
    if (this.#open) return this.#open;
    const { isOwner } = this.#options;
    if (this.#wasOpen && isOwner && !(await within(OPEN_MS_MAX, 'Asking for ownership', isOwner()))) {
      this.#isFenced = true;
      throw new Fenced('Another publisher owns this shard now');
    }
    const producer = this.#producer();
    try {
      await within(OPEN_MS_MAX, 'Opening the publisher', begin(producer));
      const position = await within(OPEN_MS_MAX, 'Reading the position', this.#read());
      this.#wasOpen = true;
      return (this.#open = { producer, position });
    } catch (error) {
      await disconnect(producer);
      throw new PublishFailed(error);
    }
  }

  #producer(): Producer {
    const { client, transactional_id, transaction_timeout_ms } = this.#options;
    return client.producer({
      transactionalId: transactional_id,
      transactionTimeout: transaction_timeout_ms,
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      // the broker refuses a transaction until the markers of the one before are written
      retry: { initialRetryTime: 5, maxRetryTime: 500, multiplier: 2, factor: 0.3, retries: 12 },
    });
  }

  async #failed(work: Attempt, error: unknown): Promise<void> {
    const fenced = isFencing(error);
    this.log.warn({ ...faultFields(error), fenced }, 'a transaction failed: its producer is discarded');
    // work that continues behind a deadline must not write outside of a transaction
    if (!fenced && !(error instanceof DeadlineExceeded)) await work.abort();
    await this.#discard(work.running);
    if (!fenced) return;
    this.#isFenced = true;
    throw new Fenced('Another publisher has opened this shard', { cause: error });
  }

  /** After a commit without an answer: reopening completes the transaction, and its position shows the outcome. */
  async #settle(position: bigint, error: unknown): Promise<void> {
    const isUnknown = (failure: unknown): boolean => !(failure instanceof Fenced) && this.#open === undefined;
    const open = await retry(() => this.#opened(), {
      ...SETTLE_PAUSES,
      ms_max: this.#options.publish_ms_max,
      isPassing: isUnknown,
    }).catch((failure: unknown) => {
      throw isUnknown(failure) ? new PublishFailed(error, true) : failure;
    });
    if (open.position === undefined || open.position < position) throw new PublishFailed(error);
  }

  async #read(): Promise<bigint | undefined> {
    if (this.#wasOpen) await sleep(SETTLE_MS);
    const admin = this.#options.client.admin();
    try {
      await admin.connect();
      const topics = [this.#options.events_topic];
      const [topic] = await admin.fetchOffsets({ groupId: this.#group, topics });
      const offset = topic?.partitions.find(({ partition }) => partition === 0)?.offset ?? '-1';
      return offset === '-1' ? undefined : BigInt(offset);
    } finally {
      await disconnect(admin);
    }
  }

  #mark(position: bigint): Mark {
    const partitions = [{ partition: 0, offset: String(position) }];
    return { consumerGroupId: this.#group, topics: [{ topic: this.#options.events_topic, partitions }] };
  }

  /** In order, in batches below the brokers' size limit. */
  #batches(messages: readonly Outgoing[]): Batch[] {
    const { events_topic, customers_topic } = this.#options;
    return pieces(messages).map((piece) =>
      (['events', 'customers'] as const).flatMap((topic) => {
        const ours = piece.filter((message) => message.topic === topic).map(toMessage);
        return ours.length === 0
          ? []
          : [{ topic: topic === 'events' ? events_topic : customers_topic, messages: ours }];
      }),
    );
  }

  async #discard(running?: Promise<unknown>): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    await disconnect(open.producer);
    // kafkajs reconnects for work that it still retries
    running?.then(
      () => disconnect(open.producer),
      () => disconnect(open.producer),
    );
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isBusy) throw new Error('a shard is published by one call at a time');
    this.#isBusy = true;
    try {
      return await work();
    } finally {
      this.#isBusy = false;
    }
  }
}

type Batch = { topic: string; messages: Message[] }[];
type Mark = Parameters<Transaction['sendOffsets']>[0];

/** One transaction from begin to end. */
class Attempt {
  /** True from the commit request on: the broker may have executed it. */
  isInDoubt = false;
  running: Promise<void> | undefined;
  #transaction: Transaction | undefined;

  constructor(private readonly producer: Producer) {}

  send(batches: readonly Batch[], mark: Mark): Promise<void> {
    return (this.running = this.#run(batches, mark));
  }

  async abort(): Promise<void> {
    if (!this.#transaction?.isActive()) return;
    await inTime(ABORT_MS_MAX, this.#transaction.abort()).catch(() => undefined);
  }

  async #run(batches: readonly Batch[], mark: Mark): Promise<void> {
    const transaction = await this.producer.transaction();
    this.#transaction = transaction;
    for (const topicMessages of batches) await transaction.sendBatch({ topicMessages, acks: -1 });
    await transaction.sendOffsets(mark);
    this.isInDoubt = true;
    await transaction.commit();
  }
}

/** Connects and fences the former owner of the id; its open transaction is aborted. */
async function begin(producer: Producer): Promise<void> {
  await producer.connect();
  await (await producer.transaction()).abort();
}

const disconnect = (client: { disconnect(): Promise<void> }): Promise<void> =>
  inTime(CLOSE_MS_MAX, client.disconnect()).catch(() => undefined);

const toMessage = ({ key, value, headers }: Outgoing): Message => ({ key, value, headers: { ...headers } });

function pieces(messages: readonly Outgoing[]): Outgoing[][] {
  const all: Outgoing[][] = [];
  let bytes = Infinity;
  for (const message of messages) {
    const size = Buffer.byteLength(message.value ?? '') + Buffer.byteLength(message.key);
    const piece = all.at(-1);
    if (piece === undefined || bytes + size > SEND_BYTES_MAX) {
      all.push([message]);
      bytes = size;
    } else {
      piece.push(message);
      bytes += size;
    }
  }
  return all;
}

/** INVALID_PRODUCER_EPOCH and PRODUCER_FENCED; kafkajs wraps the original error. */
function isFencing(error: unknown): boolean {
  const { code, type, cause } = (error ?? {}) as { code?: unknown; type?: unknown; cause?: unknown };
  if (code === 47 || code === 90 || type === 'INVALID_PRODUCER_EPOCH') return true;
  return cause !== undefined && cause !== error && isFencing(cause);
}
