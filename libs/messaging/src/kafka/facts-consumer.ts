import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import { backoff_ms, Limiter, sleep, within } from '#flow';
import { BACKOFF } from '../backoff.js';
import { faultFields, type Log } from '../log.js';
import { PartitionWork, type RecordOutcome, type Workshop } from '../partition-work.js';
import type { PlacedRecord } from '../record.js';
import type { FactHandler } from '../verdict.js';
import type { KafkaClient } from './client.js';
import { deadLetterSender } from './dead-letter-sender.js';
import type { RecordSender } from './record-sender.js';
import { LagWatch } from './lag.js';
import { type Assignment, Membership } from './membership.js';

/** `waiting`: the brokers cannot be reached, and the consumer retries. */
export type ConsumerState = 'joining' | 'running' | 'waiting' | 'stopped';

export interface FactsConsumerOptions {
  readonly client: KafkaClient;
  readonly topic: string;
  readonly dlq_topic: string;
  readonly group: string;
  /** Concurrent facts in all partitions; default 256. */
  readonly concurrency_max?: number;
  /** Default 30 s; brokers take 6 s at least. */
  readonly session_timeout_ms?: number;
  /** A slower handler counts as a temporary failure; default 60 s. */
  readonly handler_timeout_ms?: number;
  /** The time that stop() waits for running work; default 30 s. */
  readonly drain_ms_max?: number;
  /** Silence after which the consumer is recreated; default 3 minutes. */
  readonly silence_ms_max?: number;
  /** Default 10 s. */
  readonly lag_interval_ms?: number;
  /** True for errors of the handler that a retry cannot fix; none by default. */
  readonly isPermanent?: (error: unknown) => boolean;
}

export interface ConsumerReports {
  readonly onRecord?: (outcome: RecordOutcome, duration_ms: number) => void;
  /** Records of a partition that are not committed yet; reported for all partitions, also of other members. */
  readonly onLag?: (partition: number, lag: number) => void;
  readonly onState?: (state: ConsumerState) => void;
}

const COMMIT_INTERVAL_MS = 1_000;
const COMMIT_MS_MAX = 15_000;
const WATCH_INTERVAL_MS = 1_000;
const START_MS_MAX = 120_000;
const LONG_LIFE_MS = 60_000;

/**
 * Consumes facts from a topic: each is handled at least once, those of a customer in order, and its offset is committed
 * only behind finished work. A temporary failure stays in place and is retried with growing pauses; a permanent one goes
 * to the dead letter topic.
 */
export class FactsConsumer {
  readonly #options;
  readonly #workshop: Workshop;
  readonly #letters: RecordSender;
  readonly #lag: LagWatch;
  readonly #works = new Map<number, PartitionWork>();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #state: ConsumerState = 'stopped';

  constructor(
    options: FactsConsumerOptions,
    handler: FactHandler,
    private readonly log: Log,
    private readonly reports: ConsumerReports = {},
  ) {
    this.#options = { ...DEFAULTS, ...options };
    const { client, topic, dlq_topic, group, concurrency_max, handler_timeout_ms, isPermanent } = this.#options;
    this.#letters = deadLetterSender(client, dlq_topic, log);
    this.#workshop = {
      handler,
      handler_timeout_ms,
      group,
      limiter: new Limiter(concurrency_max),
      isPermanent,
      sendDeadLetter: (letter) => this.#letters.send(letter),
      onRecord: (outcome, duration_ms) => reports.onRecord?.(outcome, duration_ms),
      log,
    };
    const of = { topic, group, interval_ms: this.#options.lag_interval_ms };
    this.#lag = new LagWatch(client, of, (partition, lag) => reports.onLag?.(partition, lag), log);
  }

  get state(): ConsumerState {
    return this.#state;
  }

  /** Starts, and retries until stop(): unreachable brokers are no failure. */
  start(): void {
    if (this.#running !== undefined) throw new Error('the consumer was started already');
    this.#running = this.#run();
    if (this.reports.onLag) this.#lag.start();
  }

  /** Finishes running work, commits it and leaves the group; takes little more than `drain_ms_max`. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#letters.close();
    await this.#lag.stop();
    this.#tell('stopped');
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 1; !signal.aborted; failures += 1) {
      const started_ms = performance.now();
      const reason = await this.#live();
      if (signal.aborted) return;
      if (performance.now() - started_ms > LONG_LIFE_MS) failures = 1;
      this.#tell('waiting');
      this.log.warn({ failures, ...faultFields(reason) }, 'the consumer has ended and is recreated');
      await sleep(backoff_ms(failures, BACKOFF), signal);
    }
  }

  /** Runs one consumer; returns the reason of its end. */
  async #live(): Promise<unknown> {
    const { client, topic, group, session_timeout_ms, handler_timeout_ms, drain_ms_max } = this.#options;
    const rebalance_timeout_ms = Math.max(60_000, handler_timeout_ms + 10_000);
    this.#tell('joining');
    const member = new Membership(
      { client, topic, group, session_timeout_ms, rebalance_timeout_ms },
      (payload, assignment) => this.#take(payload, assignment),
      () => this.#joined(),
      this.log,
    );
    const end = new AbortController();
    try {
      const ends = [member.crashed, this.#stopped(end.signal), this.#silent(member, end.signal)];
      const started = within(START_MS_MAX, 'Joining the group', member.start());
      return await Promise.race([...ends, started.then(() => Promise.race(ends))]);
    } catch (error) {
      return error;
    } finally {
      end.abort();
      await member.leave(drain_ms_max);
    }
  }

  #joined(): void {
    // another member may have had the partitions meanwhile
    this.#works.clear();
    this.#tell('running');
  }

  async #take(payload: EachBatchPayload, assignment: Assignment): Promise<void> {
    const { batch } = payload;
    const work = this.#works.get(batch.partition) ?? new PartitionWork(this.#workshop);
    this.#works.set(batch.partition, work);
    const records = batch.messages.map((message) => placed(batch.topic, batch.partition, message));
    const commits = new Commits(payload, assignment, work, records);
    const timer = setInterval(() => commits.tryNow(this.log), COMMIT_INTERVAL_MS);
    const hasFaults = await work.take(records, assignment.mayGoOn).finally(() => clearInterval(timer));
    await commits.now();
    if (hasFaults && assignment.mayGoOn()) setTimeout(payload.pause(), backoff_ms(++work.failures, BACKOFF)).unref();
  }

  async #silent(member: Membership, signal: AbortSignal): Promise<Error> {
    const { silence_ms_max } = this.#options;
    while (!signal.aborted && member.silence_ms() < silence_ms_max) {
      await sleep(WATCH_INTERVAL_MS, signal);
    }
    return new Error(`the consumer was silent for ${silence_ms_max} ms`);
  }

  async #stopped(end: AbortSignal): Promise<undefined> {
    const signal = AbortSignal.any([this.#stopping.signal, end]);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  }

  #tell(state: ConsumerState): void {
    this.#state = state;
    this.reports.onState?.(state);
  }
}

const DEFAULTS = {
  concurrency_max: 256,
  session_timeout_ms: 30_000,
  handler_timeout_ms: 60_000,
  drain_ms_max: 30_000,
  silence_ms_max: 180_000,
  lag_interval_ms: 10_000,
  isPermanent: (_error: unknown): boolean => false,
};

const placed = (topic: string, partition: number, message: KafkaMessage): PlacedRecord => ({
  topic,
  partition,
  offset: message.offset,
  timestamp: message.timestamp,
  key: message.key,
  value: message.value,
  headers: message.headers ?? {},
});

/** Commits the offset below which a batch is finished, one commit at a time. */
class Commits {
  #from = 0;
  readonly #limiter = new Limiter(1);

  constructor(
    private readonly payload: EachBatchPayload,
    private readonly assignment: Assignment,
    private readonly work: PartitionWork,
    private readonly records: readonly PlacedRecord[],
  ) {}

  /** A failure during a batch does not matter: the next commit covers it. */
  tryNow(log: Log): void {
    this.now().catch((error: unknown) => log.debug(faultFields(error), 'an offset was not committed yet'));
  }

  now(): Promise<void> {
    return this.#limiter.run(() => this.#commit());
  }

  async #commit(): Promise<void> {
    const { payload, records, work } = this;
    const count = work.finishedPrefix(records, this.#from);
    const last = records[count - 1];
    if (count === this.#from || last === undefined || !this.assignment.mayCommit()) return;
    const { topic, partition } = payload.batch;
    // only markers of transactions follow the last record of a batch
    const through = count === records.length ? payload.batch.lastOffset() : last.offset;
    const offset = String(BigInt(through) + 1n);
    const topics = [{ topic, partitions: [{ partition, offset }] }];
    await within(COMMIT_MS_MAX, 'Committing', payload.commitOffsetsIfNecessary({ topics }));
    payload.resolveOffset(last.offset);
    work.forget(records.slice(this.#from, count));
    this.#from = count;
  }
}
