import type { FactHandler, Outgoing } from '#messaging';
import type { Lease } from '#database';
import type { Metrics } from './ops/metrics.js';

/** The destination of a shard's messages. */
export interface Producer {
  /** The position of this shard at the broker; undefined when it does not know. Fences former owners. */
  position(): Promise<bigint | undefined>;
  /** Publishes all messages or none, in order, with the position after them. Throws for a fenced owner. */
  publish(messages: readonly Outgoing[], position: bigint): Promise<void>;
  close(): Promise<void>;
}

/** The consumer of facts. */
export interface Consumer {
  /** Why no facts arrive at the moment. */
  readonly problem: string | undefined;
  start(): void;
  /** Finishes the current facts first. */
  stop(): Promise<void>;
}

/** The event store of an producer, and a check of the lease. */
export interface Ownership {
  readonly store_id: string;
  readonly isOwner: () => Promise<boolean>;
}

/** The port to the message broker. */
export abstract class Broker {
  /** Creates or checks the topics; retries until it succeeds or the signal aborts. */
  abstract prepare(signal: AbortSignal, onError?: (error: unknown, tries: number) => void): Promise<void>;
  /** The problem of the topics. */
  abstract readonly problem: string | undefined;
  abstract producer(lease: Lease, ownership: Ownership): Producer;
  abstract consumer(handle: FactHandler, isPermanent: (error: unknown) => boolean, metrics: Metrics): Consumer;
}
