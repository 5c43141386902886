import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { changeConsents, type ConsentsSaid } from '#customer';
import { ConsentDefinitions } from './consent-catalog.js';
import { CustomerCommand } from './customer-command.js';
import type { CommandOutcome } from './proposal.js';
import { CustomerStreams } from './customer-streams.js';

export class ChangeConsents extends CustomerCommand<Pick<ConsentsSaid, 'consents'>> {}

/** A customer consents to the wording that is shown at that moment. */
@CommandHandler(ChangeConsents)
class ChangeConsentsHandler implements ICommandHandler<ChangeConsents> {
  constructor(
    private readonly streams: CustomerStreams,
    private readonly definitions: ConsentDefinitions,
  ) {}

  async execute(command: ChangeConsents): Promise<CommandOutcome> {
    const { consents } = command.input;
    const wordings = await this.definitions.wordings(Object.keys(consents));
    return this.streams.decide({ ...command, input: { consents, wordings } }, changeConsents);
  }
}

export const consentCommands = [ChangeConsentsHandler];
