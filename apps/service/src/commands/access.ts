import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Access, AccessLog } from '#audit';

/** Durable before the history is read. */
export class RecordAccess extends Command<void> {
  constructor(readonly access: Access) {
    super();
  }
}

@CommandHandler(RecordAccess)
class RecordAccessHandler implements ICommandHandler<RecordAccess> {
  constructor(private readonly log: AccessLog) {}

  execute({ access }: RecordAccess): Promise<void> {
    return this.log.record(access);
  }
}

export const accessCommands = [RecordAccessHandler];
