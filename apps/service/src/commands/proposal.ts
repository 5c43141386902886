import type { CustomerState, Origin, Rejection } from '#customer';
import type { Context } from '#event-store';

/**
 * The reference of a command to its customer. An unknown source id creates a customer; `existing` (any name) must be
 * active, or with `deleted` may be deleted.
 */
export type CustomerRef =
  | { readonly id: string }
  | { readonly id?: undefined; readonly source_id: string }
  | { readonly existing: string; readonly deleted?: true };

/** The caller, and the fact or bulk row that caused the command. */
export type CommandContext = Context & { readonly origin?: Origin };

/** The outcome of an accepted command, which is durable. */
export interface Accepted {
  readonly customer_id: string;
  readonly state: CustomerState;
  readonly revision: number;
  readonly position: bigint;
  /** False when the command changed nothing. */
  readonly changed: boolean;
  /** True when the command created the customer. */
  readonly created?: boolean;
  /** The id of the entity in the command, such as an order. */
  readonly entity_id?: string;
}

export type CommandOutcome = Accepted | Rejection;

/** A command before the decision: customer, input, time, context, and the revision that the caller saw. */
export interface Proposal<Input> {
  readonly customer: CustomerRef;
  readonly input: Input;
  readonly at: string;
  readonly context: CommandContext;
  readonly if_match?: number | undefined;
}
