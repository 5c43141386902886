import type { Consumer, EachBatchPayload } from 'kafkajs';
import { within } from '#flow';
import { faultFields, type Log } from '../log.js';
import type { KafkaClient } from './client.js';

export interface MembershipOptions {
  readonly client: KafkaClient;
  readonly topic: string;
  readonly group: string;
  readonly session_timeout_ms: number;
  readonly rebalance_timeout_ms: number;
}

/** What is asked while a batch is in hand. */
export interface Holding {
  /** False once the partition may belong to someone else or the end has come. */
  readonly mayGoOn: () => boolean;
  /** False once another generation of the group has begun: its offsets are not ours to move. */
  readonly mayCommit: () => boolean;
}

type Take = (payload: EachBatchPayload, holding: Holding) => Promise<void>;

const MAX_WAIT_MS = 500;
const PARTITIONS_AT_ONCE = 64;
const PARTITION_BYTES = 1_048_576;
const FETCH_BYTES = 10_485_760;

/** One kafkajs consumer from joining the group to leaving it. It never restarts itself: a crash is told and final. */
export class Membership {
  /** Resolves with the reason when the consumer has given up. */
  readonly crashed: Promise<Error>;
  readonly #consumer: Consumer;
  readonly #heartbeat_ms: number;
  readonly #beats = new Set<NodeJS.Timeout>();
  #isOpen = true;
  /** It did not end in time: what still goes on is not a member's work any more. */
  #isGivenUp = false;
  /** Counts joins: whoever began under an older one must stop. */
  #generation = 0;
  #sign_ms = performance.now();

  constructor(
    private readonly options: MembershipOptions,
    private readonly take: Take,
    private readonly onJoin: () => void,
    private readonly log: Log,
  ) {
    this.#heartbeat_ms = Math.max(200, Math.floor(options.session_timeout_ms / 10));
    this.#consumer = options.client.consumer({
      groupId: options.group,
      sessionTimeout: options.session_timeout_ms,
      rebalanceTimeout: options.rebalance_timeout_ms,
      heartbeatInterval: this.#heartbeat_ms,
      allowAutoTopicCreation: false,
      maxWaitTimeInMs: MAX_WAIT_MS,
      maxBytesPerPartition: PARTITION_BYTES,
      maxBytes: FETCH_BYTES,
      // one way to begin anew instead of two: ours
      retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 5, restartOnFailure: async () => false },
    });
    this.crashed = this.#watch();
  }

  /** Joins and begins to hand out batches; a failure comes through `crashed` or is thrown. */
  async start(): Promise<void> {
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [this.options.topic], fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: (payload) => this.#hold(payload),
    });
  }

  /** How long nothing has been heard from the group or the brokers, in ms. */
  silence_ms(): number {
    return performance.now() - this.#sign_ms;
  }

  /** Lets what is in hand be finished, leaves the group, and gives up on that after `ms_max`. */
  async leave(ms_max: number): Promise<void> {
    this.#isOpen = false;
    try {
      await within(ms_max, 'Leaving the group', this.#consumer.disconnect());
    } catch (error) {
      this.#isGivenUp = true;
      for (const beat of this.#beats) clearInterval(beat);
      this.log.warn(faultFields(error), 'the consumer group was not left in order');
    }
  }

  /** Heartbeats go on from a timer while work is in hand; what they say about the group is thrown when it is done. */
  async #hold(payload: EachBatchPayload): Promise<void> {
    const generation = this.#generation;
    let lost: unknown;
    const beat = setInterval(() => {
      payload.heartbeat().catch((error: unknown) => (lost ??= error));
    }, this.#heartbeat_ms);
    this.#beats.add(beat);
    const mayCommit = (): boolean => generation === this.#generation && !this.#isGivenUp;
    const mayGoOn = (): boolean =>
      this.#isOpen && lost === undefined && mayCommit() && payload.isRunning() && !payload.isStale();
    try {
      await this.take(payload, { mayGoOn, mayCommit });
    } finally {
      clearInterval(beat);
      this.#beats.delete(beat);
    }
    if (lost !== undefined) throw lost as Error;
  }

  #watch(): Promise<Error> {
    const consumer = this.#consumer;
    const { FETCH, HEARTBEAT, GROUP_JOIN, CRASH } = consumer.events;
    const sign = (): void => void (this.#sign_ms = performance.now());
    consumer.on(FETCH, sign);
    consumer.on(HEARTBEAT, sign);
    consumer.on(GROUP_JOIN, () => {
      this.#generation += 1;
      sign();
      this.onJoin();
    });
    return new Promise((resolve) => {
      consumer.on(CRASH, ({ payload }) => {
        this.#isOpen = false;
        resolve(payload.error);
      });
    });
  }
}
