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

/** The rights of a handler on the partition of its batch. */
export interface Assignment {
  /** False once the partition may belong to another member, or on stop. */
  readonly mayGoOn: () => boolean;
  /** False once another generation of the group has begun, which owns the offsets. */
  readonly mayCommit: () => boolean;
}

type Take = (payload: EachBatchPayload, assignment: Assignment) => Promise<void>;

const MAX_WAIT_MS = 500;
const PARTITIONS_AT_ONCE = 64;
const PARTITION_BYTES = 1_048_576;
const FETCH_BYTES = 10_485_760;

/** One kafkajs consumer from joining the group to leaving it. It never restarts itself: a crash is final. */
export class Membership {
  /** Resolves with the reason when the consumer has crashed. */
  readonly crashed: Promise<Error>;
  readonly #consumer: Consumer;
  readonly #heartbeat_ms: number;
  readonly #beats = new Set<NodeJS.Timeout>();
  #isOpen = true;
  /** True when it did not end in time: its work no longer counts as a member's. */
  #isGivenUp = false;
  /** Counts joins: work of an older generation must stop. */
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
      // restarts are ours alone
      retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 5, restartOnFailure: async () => false },
    });
    this.crashed = this.#watch();
  }

  /** Joins and begins to hand out batches; a failure is thrown or comes through `crashed`. */
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

  /** The time since the last sign of the group or the brokers, in ms. */
  silence_ms(): number {
    return performance.now() - this.#sign_ms;
  }

  /** Waits for running work and leaves the group, for at most `ms_max`. */
  async leave(ms_max: number): Promise<void> {
    this.#isOpen = false;
    try {
      await within(ms_max, 'Leaving the group', this.#consumer.disconnect());
    } catch (error) {
      this.#isGivenUp = true;
      for (const beat of this.#beats) clearInterval(beat);
      this.log.warn(faultFields(error), 'the consumer group was not left properly');
    }
  }

  /** Heartbeats continue on a timer during the work; their errors are thrown when it is done. */
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
