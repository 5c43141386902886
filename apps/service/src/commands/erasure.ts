import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { deleteCustomer, eraseCustomer, Rejection } from '#customer';
import { CustomerCommand } from './customer-command.js';
import type { CommandOutcome } from './proposal.js';
import { CustomerStreams } from './customer-streams.js';
import { Departures } from './departures.js';

export class DeleteCustomer extends CustomerCommand<undefined> {}
export class EraseCustomer extends CustomerCommand<undefined> {}

/** Deletion hides a customer and releases its names; the history stays readable for audits. */
@CommandHandler(DeleteCustomer)
export class DeleteCustomerHandler implements ICommandHandler<DeleteCustomer> {
  constructor(
    private readonly streams: CustomerStreams,
    private readonly departures: Departures,
  ) {}

  async execute(command: DeleteCustomer): Promise<CommandOutcome> {
    const outcome = await this.streams.decide(command, deleteCustomer);
    if (!(outcome instanceof Rejection)) await this.departures.complete(outcome.customer_id, outcome.revision, false);
    return outcome;
  }
}

/** Erasure also destroys the customer's key, so that the sealed data can never be read again. */
@CommandHandler(EraseCustomer)
export class EraseCustomerHandler implements ICommandHandler<EraseCustomer> {
  constructor(
    private readonly streams: CustomerStreams,
    private readonly departures: Departures,
  ) {}

  async execute(command: EraseCustomer): Promise<CommandOutcome> {
    const outcome = await this.streams.decide(command, eraseCustomer);
    if (!(outcome instanceof Rejection)) await this.departures.complete(outcome.customer_id, outcome.revision, true);
    return outcome;
  }
}

export const erasureCommands = [DeleteCustomerHandler, EraseCustomerHandler];
