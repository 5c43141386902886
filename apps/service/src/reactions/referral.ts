import { CommandBus } from '@nestjs/cqrs';
import { type CustomerEvent, customerIn } from '#customer';
import type { Decoded } from '#event-store';
import type { Outcome } from '../commands/customer-command.js';
import { CreditReferral } from '../commands/referral.js';
import type { Reaction } from './reaction.js';

/** A customer was referred: the referrer is credited, once per campaign and referee. */
export class CreditReferrer implements Reaction {
  readonly name = 'credit-referrer';
  readonly types = ['CustomerReferred'] as const;

  constructor(private readonly commands: CommandBus) {}

  async handle({ event, recorded, envelope }: Decoded<CustomerEvent>): Promise<void> {
    if (event.type !== 'CustomerReferred') return;
    const referee = customerIn(recorded.stream);
    const { referrer, campaign } = event.data;
    await this.commands.execute<CreditReferral, Outcome>(
      new CreditReferral({ id: referrer.id }, { campaign, referee_id: referee }, event.occurred_at, {
        actor: { channel: 'INTERNAL' },
        correlation_id: envelope.correlation_id,
        causation_id: recorded.id,
      }),
    );
  }
}
