import kafkajs, { type Message, type Producer, type Transaction } from 'kafkajs';
import { DeadlineExceeded, inTime, retry, sleep, within } from '#flow';
import { faultFields, type Log } from '../log.js';
import type { Outgoing } from '../outgoing.js';
import type { KafkaClient } from './client.js';

export interface ShardPublisherOptions {
  readonly client: KafkaClient;
  /** One for each shard, always the same: whoever opens it last shuts the others out. */
  readonly transactional_id: string;
  readonly events_topic: string;
  readonly customers_topic: string;
  /** Of one publish; default 30 s. */
  readonly publish_ms_max?: number;
  /** After this the broker gives an abandoned transaction up; default 60 s. */
  readonly transaction_timeout_ms?: number;
  /** Asked before a lost producer is replaced, which would shut out a rightful successor; default: yes. */
  readonly isOwner?: () => Promise<boolean>;
}

/** The messages were not published; a new try may go better. */
export class PublishFailed extends Error {
  override readonly name = 'PublishFailed';

  constructor(
    cause: unknown,
    /** True when the broker's answer to the commit was lost and could not be had later: the messages may be there. */
    readonly isInDoubt = false,
  ) {
    super(isInDoubt ? 'The messages may have been published' : 'The messages were not published', { cause });
  }
}

/** Another publisher has opened the same transactional id, or the broker gave this one up. This one is at its end. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}

interface Open {
  readonly producer: Producer;
  /** The last position that is in Kafka. */
  position: bigint | undefined;
}

const OPEN_MS_MAX = 30_000;
const CLOSE_MS_MAX = 5_000;
const ABORT_MS_MAX = 2_000;
/** Brokers take 1 MiB in a request for a partition unless told otherwise. */
const SEND_BYTES_MAX = 524_288;
/** An older broker shows the offsets of a settled transaction a moment after it is settled. */
const SETTLE_MS = 250;
const SETTLE_PAUSES = { first_ms: 50, last_ms: 2_000 };

/**
 * Publishes the customers of one shard, one transaction at a time: readers of committed records see each of them whole,
 * in order and once. The position goes into the same transaction, as the offset of a group of its own, so that after a
 * lost answer it can be found out whether the transaction is there.
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
   * The last position that is in Kafka; undefined when there is none (any more: brokers forget it a week after the last
   * one). Opens the publisher, and with it shuts out any other of the same id.
   */
  position(): Promise<bigint | undefined> {
    return this.#alone(async () => (await this.#opened()).position);
  }

  /**
   * All messages, or none with an error: PublishFailed or Fenced. `position` says how far the messages go in the
   * caller's log: what Kafka has already is not sent again, so that after PublishFailed, in doubt or not, the same batch
   * may be given once more. Whoever gives no position never gives one.
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
    if (this.#isFenced) throw new Fenced('This publisher was shut out');
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
      // a transaction that follows closely is told to try again until the marks of the one before are written
      retry: { initialRetryTime: 5, maxRetryTime: 500, multiplier: 2, factor: 0.3, retries: 12 },
    });
  }

  async #failed(work: Attempt, error: unknown): Promise<void> {
    const fenced = isFencing(error);
    this.log.warn({ ...faultFields(error), fenced }, 'a transaction failed: its producer is given up');
    // what is still going on behind a deadline must not write outside of a transaction
    if (!fenced && !(error instanceof DeadlineExceeded)) await work.abort();
    await this.#discard(work.running);
    if (!fenced) return;
    this.#isFenced = true;
    throw new Fenced('Another publisher has opened this shard', { cause: error });
  }

  /** After a commit without an answer: opening anew settles the transaction, and its position tells how. */
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

  /** In order, in pieces that a broker takes. */
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
    // kafkajs connects again for what it is still trying
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

/** One transaction from its beginning to its end. */
class Attempt {
  /** True from when the commit was asked for: the broker may have done it. */
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

/** Connects and shuts out whoever had the id before; its open transaction is aborted. */
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

/** INVALID_PRODUCER_EPOCH and PRODUCER_FENCED; kafkajs wraps what it got. */
function isFencing(error: unknown): boolean {
  const { code, type, cause } = (error ?? {}) as { code?: unknown; type?: unknown; cause?: unknown };
  if (code === 47 || code === 90 || type === 'INVALID_PRODUCER_EPOCH') return true;
  return cause !== undefined && cause !== error && isFencing(cause);
}
