import { creditsDue, type CustomerEvent, customerIn, type CustomerState } from '#customer';
import type { History } from '#audit';
import type { Decoded } from '#event-store';
import { CreditsWaiting } from '../commands/credits-waiting.js';
import { CustomerStreams } from '../commands/customer-streams.js';
import type { Reaction } from './reaction.js';

/** Credits the referrer of a referral, and ends the credit of a former one. */
export class CreditReferrer implements Reaction {
  readonly name = 'credit-referrer';
  readonly types = ['CustomerReferred'] as const;

  constructor(
    private readonly streams: CustomerStreams,
    private readonly credits: CreditsWaiting,
    private readonly history: History,
  ) {}

  async handle({ event, recorded, envelope }: Decoded<CustomerEvent>): Promise<void> {
    if (event.type !== 'CustomerReferred') return;
    const referee_id = customerIn(recorded.stream);
    const { head, entities } = await this.referee(referee_id, recorded.revision);
    const context = {
      actor: { channel: 'INTERNAL' },
      correlation_id: envelope.correlation_id,
      causation_id: recorded.id,
    };
    for (const { referrer_id, credit } of creditsDue(head.referrals, entities, referee_id, event))
      await this.credits.credit(referrer_id, credit, { at: event.occurred_at, context });
  }

  /** The current state of the referee; of a deleted one, the state at the referral. */
  private async referee(id: string, revision: number): Promise<CustomerState> {
    const state = await this.streams.state(id);
    return state.status === 'active' ? state : (await this.history.standing(id, { revision })).state;
  }
}
