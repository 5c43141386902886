import type { EventStore } from '#event-store';

/** Faults on purpose; the process itself is killed or frozen from outside, the network by a proxy. */
export class Faults {
  /** So many appends more are written and never answered. */
  lost_acknowledgements = 0;
  /** Subscriptions stay open and say nothing more. */
  isStalled = false;
  /** Nothing is answered at all. */
  isFrozen = false;
  /** Appends are refused: this is the leader. */
  leader: { readonly host: string; readonly port: number } | undefined;
  readonly #subscriptions = new Set<() => void>();

  /** Ends all subscriptions without an error. */
  endSubscriptions(): void {
    for (const end of this.#subscriptions) end();
  }

  /** Notes how a subscription is ended; gives back how that is forgotten. */
  subscribed(end: () => void): () => void {
    this.#subscriptions.add(end);
    return () => void this.#subscriptions.delete(end);
  }
}

/** One node: its store, what it is told to do wrong, and what it counts. */
export interface Node {
  readonly store: EventStore;
  readonly faults: Faults;
  /** When given, calls need these. */
  readonly login: { readonly username: string; readonly password: string } | undefined;
  readonly counts: { appends: number; batches: number; reads: number; subscriptions: number };
}

/** Written beside a stream when it is deleted, as the server does. */
export const METADATA = '$metadata';
export const DELETED = '$streamDeleted';
export const metastream = (stream: string): string => `$$${stream}`;
