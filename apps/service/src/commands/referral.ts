import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type FactOf, nine, record, recordMention, type Reference, Rejection } from '#customer';
import { CustomerCommand } from './customer-command.js';
import type { CommandOutcome } from './proposal.js';
import { CustomerNames } from './customer-names.js';
import { CustomerStreams } from './customer-streams.js';

/** A referral as received, with the referrer by id or source id. */
export type ReferralInput = Omit<FactOf<'referral'>, 'referrer'> & { readonly referrer: Reference };

export class RecordReferral extends CustomerCommand<ReferralInput> {}

@CommandHandler(RecordReferral)
export class RecordReferralHandler implements ICommandHandler<RecordReferral> {
  constructor(
    private readonly streams: CustomerStreams,
    private readonly names: CustomerNames,
  ) {}

  async execute(command: RecordReferral): Promise<CommandOutcome> {
    const { input } = command;
    const refusal = input.referrer.id === undefined && (await this.refusalBy(command));
    if (refusal) return refusal;
    const referrer = await this.referrerOf(command);
    if (referrer instanceof Rejection) return referrer;
    return this.streams.decide({ ...command, input: { ...input, ...referrer } }, record.referral);
  }

  /** A referral that its referee refuses must not create a referrer. */
  private async refusalBy({ customer, input, at, context: { origin } }: RecordReferral) {
    if ('existing' in customer) return undefined;
    const given = { at: nine(at), ...(origin && { origin }) };
    const referee = await this.names.meant(customer, given.at);
    if (referee === undefined || referee instanceof Rejection) return referee;
    const outcome = record.referral(referee, { ...input, referrer: { id: '' } }, given);
    return outcome instanceof Rejection ? outcome : undefined;
  }

  /** Keeps the id of a referrer, known or not; an unknown source id creates a customer, as in every fact. */
  private async referrerOf({ input: { referrer }, at, context }: RecordReferral) {
    const { id, source_id = '' } = referrer;
    if (id !== undefined) {
      const named = await this.names.ofId(id, nine(at));
      if (named instanceof Rejection) return named;
      return (await this.names.isGone(named.id)) ? new Rejection('customer_deleted', { id }) : { referrer: { id } };
    }
    const outcome = await this.streams.decide(
      { customer: { source_id }, input: { customer: { source_id } }, at, context },
      recordMention,
    );
    if (outcome instanceof Rejection) return outcome;
    return { referrer: { id: outcome.customer_id }, referrer_source_id: source_id };
  }
}

export const referralCommands = [RecordReferralHandler];
