import { Controller, Get, Param } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ContractError } from '#contract';
import { Operation } from './operation.js';
import { Accesses } from './accesses.js';
import { Incoming } from './request.js';
import { Memberships } from '../segments/memberships.js';
import { Reasons } from '../segments/reasons.js';

/** Contract 2.7: the segments of a customer, with the reasons. */
@Controller('v1/customers')
export class CustomerSegmentsController {
  constructor(
    private readonly memberships: Memberships,
    private readonly reasons: Reasons,
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
    const segments = await this.memberships.of(await this.memberships.judged(ref));
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
    const segment = await this.memberships.segment(segmentId);
    const customer = await this.memberships.judged(ref);
    if (customer.state.status !== 'active') throw ContractError.customerNotFound(ref);
    await this.accesses.admit(request, ref);
    return JSON.stringify(await this.reasons.why(segment, customer));
  }
}
