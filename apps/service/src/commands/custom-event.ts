import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type FactOf, Rejection, trackEvent } from '#customer';
import type { Context } from '#event-store';
import type { CommandOutcome } from './proposal.js';
import { type CustomerInput, CustomerStreams, described } from './customer-streams.js';

/** A custom event from a client; it creates or updates its customer. */
export class TrackEvent extends Command<CommandOutcome> {
  constructor(
    readonly customer: CustomerInput,
    readonly event: Omit<FactOf<'custom_event'>, 'customer' | 'id'>,
    readonly at: string,
    readonly context: Context,
    /** The id of a customer without a name; the id of the event follows from it. */
    readonly new_id: string,
  ) {
    super();
  }
}

@CommandHandler(TrackEvent)
export class TrackEventHandler implements ICommandHandler<TrackEvent> {
  constructor(private readonly streams: CustomerStreams) {}

  async execute({ customer, event, at, context, new_id }: TrackEvent): Promise<CommandOutcome> {
    const id = await this.streams.named(customer, new_id);
    if (id instanceof Rejection) return id;
    const said = { ...event, id: new_id.replace(/^cust_/, 'evt_') };
    return this.streams.decide(
      { customer: { id }, input: { customer: described(customer), said }, at, context },
      trackEvent,
    );
  }
}

export const customEventCommands = [TrackEventHandler];
