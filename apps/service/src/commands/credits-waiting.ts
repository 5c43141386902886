import { Injectable } from '@nestjs/common';
import { History } from '#audit';
import { creditReferral, creditsOf, type Decide, type ReferralCredit, Rejection, resolveReferrer } from '#customer';
import type { Context } from '#event-store';
import type { CommandOutcome } from './proposal.js';
import { CustomerNames } from './customer-names.js';
import { CustomerStreams } from './customer-streams.js';

/** The business time of a credit, and its context. */
interface Given {
  readonly at: string;
  readonly context: Context;
}

/** Credits for an id without a customer wait in the stream of that id until it leads to a customer. */
@Injectable()
export class CreditsWaiting {
  constructor(
    private readonly streams: CustomerStreams,
    private readonly names: CustomerNames,
    private readonly history: History,
  ) {}

  /** Gives a customer the credits that wait under one of its ids. Idempotent. */
  async follow(id: string, customer_id: string, given: Given): Promise<void> {
    for (const credit of await this.waiting(id)) await this.give(customer_id, credit, given);
  }

  /** Credits the referrer of a referral, also when the id changes its owner meanwhile. Skips self-referrals. */
  async credit(referrer_id: string, credit: ReferralCredit, given: Given): Promise<void> {
    const owner = await this.streams.ownerOf(referrer_id);
    await this.give(owner, credit, given);
    const now = await this.streams.ownerOf(referrer_id);
    if (now !== owner) await this.give(now, credit, given);
  }

  /** The credits that wait under an id, without those of a former owner of the id. */
  private async waiting(id: string): Promise<readonly ReferralCredit[]> {
    const state = await this.streams.state(id);
    const credits = creditsOf(state);
    const released_at = credits.length === 0 ? undefined : await this.names.releasedAs(id);
    if (released_at === undefined || state.status !== 'unknown') return credits;
    const later: ReferralCredit[] = [];
    for await (const { event } of this.history.events(id))
      if (event.type === 'ReferralCredited' && event.occurred_at > released_at) later.push(event.data);
    return later;
  }

  private async give(customer_id: string, credit: ReferralCredit, given: Given): Promise<void> {
    const { referee_id, named_id } = credit;
    if (customer_id === referee_id) return;
    await this.append(customer_id, credit, given, creditReferral);
    if (named_id === undefined || named_id === customer_id) return;
    await this.append(referee_id, { named_id, referrer_id: customer_id }, given, resolveReferrer);
  }

  private async append<Input>(id: string, input: Input, given: Given, rule: Decide<Input>): Promise<void> {
    const outcome: CommandOutcome = await this.streams.decideOn({ id }, { customer: { id }, input, ...given }, rule);
    // a deleted customer gets no credits
    if (outcome instanceof Rejection && outcome.code !== 'not_found')
      throw new Error(`a referral cannot be credited: ${outcome.code}`);
  }
}
