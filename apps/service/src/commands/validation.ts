import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { recordValidation, Rejection, type ValidationFact } from '#customer';
import { CustomerCommand } from './customer-command.js';
import type { CommandOutcome } from './proposal.js';
import { CustomerStreams } from './customer-streams.js';

/** Answers with the validation's id as `entity_id`. */
export class RecordValidation extends CustomerCommand<ValidationFact> {}

@CommandHandler(RecordValidation)
class RecordValidationHandler implements ICommandHandler<RecordValidation> {
  constructor(private readonly streams: CustomerStreams) {}

  async execute(command: RecordValidation): Promise<CommandOutcome> {
    const outcome = await this.streams.decide(command, recordValidation);
    return outcome instanceof Rejection ? outcome : { ...outcome, entity_id: command.input.id };
  }
}

export const validationCommands = [RecordValidationHandler];
