import type { Fact, UnreadableFact } from '#contract';
import type { Outgoing } from '#messaging';
import type { Holding } from '#read-model';

/** Where a shard's messages go: all of a call or none of them, in order, and none of a former owner any more. */
export interface Outlet {
  publish(messages: readonly Outgoing[]): Promise<void>;
  close(): Promise<void>;
}

/** What becomes of a fact: done, or refused for good; a throw means that it has to be tried again. */
export type Verdict =
  { readonly kind: 'done' } | { readonly kind: 'refused'; readonly error_class: string; readonly message: string };
export type FactHandler = (fact: Fact | UnreadableFact) => Promise<Verdict>;

/** Facts as they come in. */
export interface Inlet {
  readonly trouble: string | undefined;
  start(): void;
  stop(): Promise<void>;
}

/** The message broker, as far as the service needs one. */
export abstract class Broker {
  /** Makes the topics or checks them. */
  abstract prepare(): Promise<void>;
  abstract outlet(holding: Holding): Outlet;
  abstract inlet(handle: FactHandler): Inlet;
  abstract close(): Promise<void>;
}
