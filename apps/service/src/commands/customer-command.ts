import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Decide } from '#customer';
import { CustomerStreams } from './customer-streams.js';
import type { CommandContext, CustomerRef, CommandOutcome, Proposal } from './proposal.js';

/** The envelope of every command on a customer. */
export abstract class CustomerCommand<Input> extends Command<CommandOutcome> implements Proposal<Input> {
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

/** Makes the handler of a command: it loads the customer, decides by the rule and appends the events. */
export function decides<Input>(command: CustomerCommandClass<Input>, rule: Decide<Input>) {
  @CommandHandler(command)
  class Handler implements ICommandHandler<CustomerCommand<Input>> {
    constructor(private readonly streams: CustomerStreams) {}

    execute(given: CustomerCommand<Input>): Promise<CommandOutcome> {
      return this.streams.decide(given, rule);
    }
  }
  Object.defineProperty(Handler, 'name', { value: `${command.name}Handler` });
  return Handler;
}
