import { Controller, Get, Param } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyRequest } from 'fastify';
import { ExplainMembership, GetMembership, ListCustomerSegments } from '../queries/membership.js';
import { Operation } from './operation.js';
import { Accesses } from './accesses.js';
import { Incoming } from './request.js';

/** Contract 2.7: the segments of a customer, with the reasons. */
@Controller('v1/customers')
export class CustomerSegmentsController {
  constructor(
    private readonly queries: QueryBus,
    private readonly accesses: Accesses,
  ) {}

  @Get(':ref/segments')
  @Operation({
    role: 'read',
    summary: 'List the segments that a customer belongs to',
    description: 'An unknown customer is evaluated as a customer with an empty profile.',
    answer: 'CustomerSegmentList',
  })
  async list(@Param('ref') ref: string): Promise<string> {
    const segments = await this.queries.execute(new ListCustomerSegments(ref));
    const data = segments.map(({ id, name }) => ({ id, name, object: 'segment' }));
    return JSON.stringify({ object: 'list', data_ref: 'data', data, total: data.length });
  }

  @Get(':ref/segments/:segment/why')
  @Operation({
    role: 'audit',
    summary: 'Explain why a customer belongs to a segment or not',
    description:
      'Lists each condition with its result, the value it checks, and the event or time that caused the result.',
    answer: 'SegmentWhy',
  })
  async why(
    @Param('ref') ref: string,
    @Param('segment') segmentId: string,
    @Incoming() request: FastifyRequest,
  ): Promise<string> {
    const membership = await this.queries.execute(new GetMembership(ref, segmentId));
    await this.accesses.admit(request, ref);
    return JSON.stringify(await this.queries.execute(new ExplainMembership(membership)));
  }
}
