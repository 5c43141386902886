import type { FactHandler, Outgoing } from '#messaging';
import type { Holding } from '#database';
import type { Metrics } from './ops/metrics.js';

/** Where a shard's messages go. */
export interface Outlet {
  /** How far the broker has this shard's messages; undefined when it does not know. Shuts out former owners. */
  position(): Promise<bigint | undefined>;
  /** All of a call or none of them, in order, with the position they lead to; none of a former owner any more. */
  publish(messages: readonly Outgoing[], position: bigint): Promise<void>;
  close(): Promise<void>;
}

/** Facts as they come in. */
export interface Inlet {
  /** Why none comes in at the moment. */
  readonly trouble: string | undefined;
  start(): void;
  /** Finishes what is in hand. */
  stop(): Promise<void>;
}

/** Whose outlet it is, and whether it still is ours. */
export interface Ownership {
  readonly store_id: string;
  readonly isOwner: () => Promise<boolean>;
}

/** The message broker, as far as the service needs one. */
export abstract class Broker {
  /** Makes the topics or checks them; tried again until it succeeds or the signal aborts. */
  abstract prepare(signal: AbortSignal, onTrouble?: (error: unknown, tries: number) => void): Promise<void>;
  /** What is wrong with the topics. */
  abstract readonly trouble: string | undefined;
  abstract outlet(holding: Holding, ownership: Ownership): Outlet;
  abstract inlet(handle: FactHandler, isPermanent: (error: unknown) => boolean, metrics: Metrics): Inlet;
}
