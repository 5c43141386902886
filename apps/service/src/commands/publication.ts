import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type PublicationFact, recordPublication, Rejection } from '#customer';
import { CustomerCommand, type Outcome } from './customer-command.js';
import { CustomerStreams } from './customer-streams.js';

/** Answers with the publication's id as `entity_id`. */
export class RecordPublication extends CustomerCommand<PublicationFact> {}

@CommandHandler(RecordPublication)
class RecordPublicationHandler implements ICommandHandler<RecordPublication> {
  constructor(private readonly streams: CustomerStreams) {}

  async execute(command: RecordPublication): Promise<Outcome> {
    const outcome = await this.streams.decide(command, recordPublication);
    return outcome instanceof Rejection ? outcome : { ...outcome, entity_id: command.input.id };
  }
}

export const publicationCommands = [RecordPublicationHandler];
