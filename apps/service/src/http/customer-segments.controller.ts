import { Controller, Get, Param } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ContractError } from '#contract';
import { Operation } from './operation.js';
import { Accesses } from './accesses.js';
import { Incoming } from './request.js';
import { Memberships } from '../segments/memberships.js';
import { Reasons } from '../segments/reasons.js';

/** Contract 2.7, and why it is so. */
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
    summary: 'The segments that a customer belongs to',
    description: 'Somebody unknown is judged as a customer of whom nothing else is known.',
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
    summary: 'Why a customer belongs to a segment, or not',
    description: 'Each condition, its truth, the value it looks at, and the event, or the clock, that made it so.',
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
