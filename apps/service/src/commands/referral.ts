import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  creditReferral,
  recordMention,
  recordReferral,
  type ReferralCredit,
  type ReferralFact,
  Rejection,
} from '#customer';
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

  async execute(command: RecordReferral): Promise<Outcome> {
    const id = await this.referrerOf(command);
    if (id instanceof Rejection) return id;
    return this.streams.decide({ ...command, input: { ...command.input, referrer: { id } } }, recordReferral);
  }

  /** A referrer who is named by an unknown source id is created, like anybody that a fact names. */
  private async referrerOf({ input: { referrer }, at, context }: RecordReferral): Promise<string | Rejection> {
    if (referrer.id !== undefined) return referrer.id;
    const customer = { source_id: referrer.source_id ?? '' };
    const outcome = await this.streams.decide({ customer, input: { customer }, at, context }, recordMention);
    return outcome instanceof Rejection ? outcome : outcome.customer_id;
  }
}

export const referralCommands = [RecordReferralHandler, decides(CreditReferral, creditReferral)];
