import { Controller, Post, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { EventBody } from '#contract';
import { TrackEvent } from '../commands/custom-event.js';
import { customerInShort } from './answers.js';
import { FromBody, WithMetadata } from './bound.js';
import { Operation } from './operation.js';
import { Incoming } from './request.js';
import { Writes } from './writes.js';

/** Contract 5.3: custom events. */
@Controller('v1/events')
export class EventsController {
  constructor(private readonly writes: Writes) {}

  @Post()
  @Operation({
    role: 'write',
    summary: 'Record a custom event',
    description: 'The customer is created or updated with it.',
    answer: 'Event',
    headers: ['Idempotency-Key'],
  })
  async track(
    @Incoming() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromBody(EventBody, WithMetadata('event')) { customer, event: type, ...rest }: EventBody,
  ): Promise<string> {
    const answer = await this.writes.send(
      request,
      reply,
      ({ at, context, newId }) => new TrackEvent(customer, { type, ...rest }, at, context, newId()),
      customer.id ?? customer.source_id,
    );
    return JSON.stringify({
      object: 'event',
      type,
      customer: customerInShort(answer),
      // other services run the programs behind these fields
      referral: null,
      loyalty: null,
      metadata: rest.metadata ?? {},
    });
  }
}
