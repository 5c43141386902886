import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  conflictOf,
  createCustomer,
  importCustomer,
  nine,
  type ProfileFact,
  type ProfileInput,
  recordProfile,
  Rejection,
  updateCustomer,
  upsertCustomer,
} from '#customer';
import { CreditsWaiting } from './credits-waiting.js';
import { CustomerCommand, decides } from './customer-command.js';
import type { CommandOutcome } from './proposal.js';
import { CustomerNames } from './customer-names.js';
import { CustomerStreams } from './customer-streams.js';

export class CreateCustomer extends CustomerCommand<ProfileInput> {}
export class UpdateCustomer extends CustomerCommand<ProfileInput> {}
export class UpsertCustomer extends CustomerCommand<ProfileInput> {}
export class ImportCustomer extends CustomerCommand<ProfileInput> {}
export class RecordProfile extends CustomerCommand<ProfileFact> {}

/** A profile fact may join an id and a source id to one customer. */
@CommandHandler(RecordProfile)
class RecordProfileHandler implements ICommandHandler<RecordProfile> {
  /** Serializes facts with the same id. Bounded by the open facts. */
  private readonly underWay = new Map<string, Promise<unknown>>();

  constructor(
    private readonly streams: CustomerStreams,
    private readonly names: CustomerNames,
    private readonly credits: CreditsWaiting,
  ) {}

  async execute(command: RecordProfile): Promise<CommandOutcome> {
    const { id, source_id, created } = command.input;
    if (id === undefined || (!created && source_id === undefined)) return this.streams.decide(command, recordProfile);
    const before = this.underWay.get(id) ?? Promise.resolve();
    const outcome = before.then(() => this.record(id, command));
    const settled = outcome.catch(() => undefined);
    this.underWay.set(id, settled);
    try {
      return await outcome;
    } finally {
      if (this.underWay.get(id) === settled) this.underWay.delete(id);
    }
  }

  private async record(id: string, command: RecordProfile): Promise<CommandOutcome> {
    const { id: _, ...said } = command.input;
    // a fact that is refused must not leave names behind
    const conflict = await this.conflict(command);
    if (conflict) return conflict;
    const named = await this.names.joined(id, said.source_id, nine(command.at), said.created);
    if (named instanceof Rejection) return named;
    const joined = { ...command, input: { ...said, ...(said.created && { alias: id }) } };
    const outcome = await this.streams.decideOn(named, joined, recordProfile);
    if (!(outcome instanceof Rejection) && named.id !== id) {
      const { origin: _origin, ...context } = command.context;
      await this.credits.follow(id, named.id, { at: command.at, context });
    }
    return outcome;
  }

  /** Returns `fact_conflict` when either customer has seen this fact with other content. */
  private async conflict({ input, at, context: { origin } }: RecordProfile): Promise<Rejection | undefined> {
    const { id, source_id } = input;
    const names = [...(id === undefined ? [] : [{ id }]), ...(source_id === undefined ? [] : [{ source_id }])];
    for (const name of names) {
      const state = await this.names.meant(name, nine(at));
      const conflict = origin && state && !(state instanceof Rejection) ? conflictOf(state, origin) : undefined;
      if (conflict) return conflict;
    }
    return undefined;
  }
}

export const profileCommands = [
  decides(CreateCustomer, createCustomer),
  decides(UpdateCustomer, updateCustomer),
  decides(UpsertCustomer, upsertCustomer),
  decides(ImportCustomer, importCustomer),
  RecordProfileHandler,
];
