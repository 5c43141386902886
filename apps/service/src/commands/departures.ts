import { Injectable } from '@nestjs/common';
import { History } from '#audit';
import { UnreadableEvent } from '#event-store';
import { CustomerNames } from './customer-names.js';
import { CustomerStreams } from './customer-streams.js';

/** What has to follow when a customer goes. Each step is idempotent, so that whatever was cut off is completed. */
@Injectable()
export class Departures {
  constructor(
    private readonly streams: CustomerStreams,
    private readonly names: CustomerNames,
    private readonly history: History,
  ) {}

  /** After the event at a revision: frees the names, and destroys the key of a customer who is erased. */
  async complete(customer_id: string, revision: number, isErased: boolean): Promise<void> {
    const before = await this.before(customer_id, revision);
    if (before) await this.names.release(customer_id, before, await this.streams.loaded(customer_id));
    if (isErased) await this.streams.destroyKey(customer_id);
  }

  /** Undefined when the key is destroyed, as the names were freed before that, or when events are lost. */
  private async before(customer_id: string, revision: number) {
    try {
      return (await this.history.standing(customer_id, { revision: revision - 1 })).state;
    } catch (error) {
      if (error instanceof UnreadableEvent) return undefined;
      throw error;
    }
  }
}
