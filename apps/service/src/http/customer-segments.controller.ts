import { Controller, Get, Param } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyRequest } from 'fastify';
import { ExplainMembership, GetMembership, ListCustomerSegments } from '../queries/membership.js';
import { Operation } from './operation.js';
import { Accesses } from './accesses.js';
import { Incoming } from './request.js';

/** Contract 2.7, and why it is so. */
@Controller('v1/customers')
export class CustomerSegmentsController {
  constructor(
    private readonly queries: QueryBus,
    private readonly accesses: Accesses,
  ) {}

  @Get(':ref/segments')
  @Operation({
    role: 'read',
    summary: 'The segments that a customer belongs to',
    description: 'Somebody unknown is judged as a customer of whom nothing else is known.',
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
    summary: 'Why a customer belongs to a segment, or not',
    description: 'Each condition, its truth, the value it looks at, and the event, or the clock, that made it so.',
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
