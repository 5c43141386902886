import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type CustomerState, type Decide, type Origin, Rejection } from '#customer';
import type { Context } from '#event-store';
import { CustomerStreams } from './customer-streams.js';

/**
 * The customer whom a command means. By source id a customer is created when unknown; `existing` (any name) must be there,
 * or with `deleted` may also have been deleted.
 */
export type CustomerRef =
  | { readonly id: string }
  | { readonly id?: undefined; readonly source_id: string }
  | { readonly existing: string; readonly deleted?: true };

/** The caller, and the fact or bulk row that caused the command. */
export type CommandContext = Context & { readonly origin?: Origin };

/** What became of a command: durable once you hold it. */
export interface Accepted {
  readonly customer_id: string;
  readonly state: CustomerState;
  readonly revision: number;
  readonly position: bigint;
  /** False when the ledger knew all of it already. */
  readonly changed: boolean;
  /** True when the customer was created by it. */
  readonly created?: boolean;
  /** What of the customer's the command was about: the id of an order. */
  readonly entity_id?: string;
}

export type Outcome = Accepted | Rejection;

/** Whose, what, when, who asked, and the revision they saw. */
export interface Proposal<Input> {
  readonly customer: CustomerRef;
  readonly input: Input;
  readonly at: string;
  readonly context: CommandContext;
  readonly if_match?: number | undefined;
}

/** The envelope of every command on a customer. */
export abstract class CustomerCommand<Input> extends Command<Outcome> implements Proposal<Input> {
  constructor(
    readonly customer: CustomerRef,
    readonly input: Input,
    readonly at: string,
    readonly context: CommandContext,
    readonly if_match?: number | undefined,
  ) {
    super();
  }
}

export type CustomerCommandClass<Input> = new (
  customer: CustomerRef,
  input: Input,
  at: string,
  context: CommandContext,
  if_match?: number,
) => CustomerCommand<Input>;

/** Binds a command to its rule: the handler that loads, decides and appends. */
export function decides<Input>(command: CustomerCommandClass<Input>, rule: Decide<Input>) {
  @CommandHandler(command)
  class Handler implements ICommandHandler<CustomerCommand<Input>> {
    constructor(private readonly streams: CustomerStreams) {}

    execute(given: CustomerCommand<Input>): Promise<Outcome> {
      return this.streams.decide(given, rule);
    }
  }
  Object.defineProperty(Handler, 'name', { value: `${command.name}Handler` });
  return Handler;
}
