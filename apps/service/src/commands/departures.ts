import { Injectable } from '@nestjs/common';
import { History } from '#audit';
import { creditsEnding, type CustomerState } from '#customer';
import { UnreadableEvent } from '#event-store';
import { CreditsWaiting } from './credits-waiting.js';
import { CustomerNames } from './customer-names.js';
import { CustomerStreams } from './customer-streams.js';

/** Finishes the deletion of a customer. Each step is idempotent, so a restart completes what a crash cut off. */
@Injectable()
export class Departures {
  constructor(
    private readonly streams: CustomerStreams,
    private readonly names: CustomerNames,
    private readonly credits: CreditsWaiting,
    private readonly history: History,
  ) {}

  /**
   * Completes the deletion event at a revision: releases the names, ends the credits for the customer's referrals, and
   * destroys the key of an erased customer.
   */
  async complete(customer_id: string, revision: number, isErased: boolean): Promise<void> {
    const before = await this.before(customer_id, revision);
    if (before?.status === 'active') await this.letGo(customer_id, before);
    if (isErased) await this.streams.destroyKey(customer_id);
  }

  private async letGo(customer_id: string, before: CustomerState): Promise<void> {
    const gone = await this.streams.loaded(customer_id);
    await this.names.release(customer_id, before, gone);
    const context = { actor: { channel: 'INTERNAL' }, correlation_id: `departure-${customer_id}` };
    for (const { referrer_id, credit } of creditsEnding(before.head.referrals, before.entities, customer_id))
      await this.credits.credit(referrer_id, credit, { at: gone.state.gone_at ?? gone.recorded_at, context });
  }

  /** The state before deletion; undefined when the key is destroyed (names are released before) or events are lost. */
  private async before(customer_id: string, revision: number): Promise<CustomerState | undefined> {
    try {
      return (await this.history.standing(customer_id, { revision: revision - 1 })).state;
    } catch (error) {
      if (error instanceof UnreadableEvent) return undefined;
      throw error;
    }
  }
}
