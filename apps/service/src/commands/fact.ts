import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type AnyFact, recordFact, Rejection } from '#customer';
import { CustomerCommand } from './customer-command.js';
import type { CommandOutcome } from './proposal.js';
import { CustomerStreams } from './customer-streams.js';

/** A fact of another service about one customer. Answers with the id in its data, such as an order's, as `entity_id`. */
export class RecordFact extends CustomerCommand<AnyFact> {}

@CommandHandler(RecordFact)
class RecordFactHandler implements ICommandHandler<RecordFact> {
  constructor(private readonly streams: CustomerStreams) {}

  async execute(command: RecordFact): Promise<CommandOutcome> {
    const { data } = command.input;
    const outcome = await this.streams.decide(command, recordFact);
    return outcome instanceof Rejection || !('id' in data) ? outcome : { ...outcome, entity_id: data.id };
  }
}

export const factCommands = [RecordFactHandler];
