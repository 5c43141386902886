import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ContractError, FeedQuery } from '#contract';
import { EventStream } from '../feed/event-stream.js';
import { type FeedName, Feeds } from '../feed/feeds.js';
import { FromQuery } from './bound.js';
import { Operation } from './operation.js';
import { header, Incoming } from './request.js';

const FOLLOWING =
  'Server-Sent Events, each with a CloudEvent in JSON as its data and its position as its id. Starts after the position in ' +
  '`Last-Event-ID` or `after`, else at the beginning; events sent shortly before a lost connection may come again.';

/** The two feeds that the publisher also sends over Kafka. */
@Controller('v1/feed')
export class FeedController {
  constructor(private readonly feeds: Feeds) {}

  @Get('events')
  @Operation({
    role: 'read',
    summary: 'Follow what happens to customers',
    description: FOLLOWING,
    type: 'text/event-stream',
  })
  events(
    @Incoming() request: FastifyRequest,
    @FromQuery(FeedQuery) query: FeedQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.follow('events', request, query, reply);
  }

  @Get('customers')
  @Operation({
    role: 'read',
    summary: 'Follow customers as they are after each change',
    description: FOLLOWING,
    type: 'text/event-stream',
  })
  customers(
    @Incoming() request: FastifyRequest,
    @FromQuery(FeedQuery) query: FeedQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.follow('customers', request, query, reply);
  }

  private async follow(
    name: FeedName,
    request: FastifyRequest,
    { after = '0', until }: FeedQuery,
    reply: FastifyReply,
  ): Promise<void> {
    const place = position(header(request, 'last-event-id') ?? after);
    const head = await this.feeds.admit(place);
    // the event stream writes the response itself
    reply.hijack();
    const range = { after: place, until: until === undefined ? undefined : head };
    void this.feeds.follow(name, range, new EventStream(reply.raw, head));
  }
}

function position(text: string): bigint {
  if (!/^\d{1,19}$/.test(text))
    throw new ContractError('invalid_query_params', 'A position is a number of up to 19 digits');
  return BigInt(text);
}
