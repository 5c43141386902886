import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { creditReferral, type ReferralCredit, type ReferralFact, recordReferral } from '#customer';
import { CustomerCommand, decides, type Outcome } from './customer-command.js';
import { CustomerStreams } from './customer-streams.js';

/** A referral as it arrives: the referrer is named by id or by source id. */
export type ReferralInput = Omit<ReferralFact, 'referrer'> & {
  readonly referrer: { readonly id?: string; readonly source_id?: string };
};

export class RecordReferral extends CustomerCommand<ReferralInput> {}
export class CreditReferral extends CustomerCommand<ReferralCredit> {}

@CommandHandler(RecordReferral)
export class RecordReferralHandler implements ICommandHandler<RecordReferral> {
  constructor(private readonly streams: CustomerStreams) {}

  async execute({ customer, input, at, context, if_match }: RecordReferral): Promise<Outcome> {
    const { referrer } = input;
    const id = referrer.id ?? (await this.streams.claim(referrer.source_id ?? ''));
    const fact: ReferralFact = { ...input, referrer: { ...referrer, id } };
    return this.streams.decide({ customer, input: fact, at, context, ...(if_match !== undefined && { if_match }) }, recordReferral);
  }
}

export const referralCommands = [RecordReferralHandler, decides(CreditReferral, creditReferral)];
