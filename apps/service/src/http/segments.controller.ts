import { Controller, Delete, Get, Param, Post, Put } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyRequest } from 'fastify';
import { SegmentActivityQuery, SegmentBody, SegmentChangeBody, SegmentListQuery, SegmentPreviewBody } from '#contract';
import { newId } from '../commands/ids.js';
import { ChangeSegment, DefineSegment, RemoveSegment } from '../commands/segment.js';
import { GetSegment, ListSegmentActivity, ListSegments, PreviewSegment } from '../queries/segment.js';
import { FromBody, FromQuery } from './bound.js';
import { Operation } from './operation.js';
import { Reads } from './reads.js';
import { contextOf, Incoming } from './request.js';

/** Contract section 3: segments. */
@Controller('v1/segments')
export class SegmentsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly reads: Reads,
  ) {}

  @Post()
  @Operation({ role: 'write', summary: 'Create a segment', answer: 'Segment' })
  async create(@Incoming() request: FastifyRequest, @FromBody(SegmentBody) body: SegmentBody): Promise<string> {
    const id = newId('seg_');
    const command = new DefineSegment(id, body, contextOf(request));
    if (body.customers) await this.reads.caughtUp(request);
    await this.commands.execute(command);
    return this.get(id);
  }

  @Get()
  @Operation({ role: 'read', summary: 'List segments', answer: 'SegmentList' })
  async list(@FromQuery(SegmentListQuery) query: SegmentListQuery): Promise<string> {
    const page = await this.queries.execute(new ListSegments(query));
    return JSON.stringify({ object: 'list', data_ref: 'data', ...page });
  }

  @Get(':id')
  @Operation({ role: 'read', summary: 'Read a segment', answer: 'Segment' })
  async get(@Param('id') id: string): Promise<string> {
    return JSON.stringify(await this.queries.execute(new GetSegment(id)));
  }

  @Put(':id')
  @Operation({
    role: 'write',
    summary: 'Change a segment',
    description: 'The name of any segment; of a passive one also the filter, or the type to `auto-update`.',
    answer: 'Segment',
  })
  async change(
    @Param('id') id: string,
    @Incoming() request: FastifyRequest,
    @FromBody(SegmentChangeBody) body: SegmentChangeBody,
  ): Promise<string> {
    await this.commands.execute(new ChangeSegment(id, body, contextOf(request)));
    return this.get(id);
  }

  @Delete(':id')
  @Operation({ role: 'write', summary: 'Delete a segment', status: 204 })
  async delete(@Param('id') id: string, @Incoming() request: FastifyRequest): Promise<void> {
    await this.commands.execute(new RemoveSegment(id, contextOf(request)));
  }

  @Get(':id/activities')
  @Operation({
    role: 'read',
    summary: 'List the customers who entered and left a segment',
    answer: 'ActivityList',
    headers: ['X-Ledger-Min-Position'],
  })
  async activities(
    @Param('id') id: string,
    @Incoming() request: FastifyRequest,
    @FromQuery(SegmentActivityQuery) query: SegmentActivityQuery,
  ): Promise<string> {
    await this.queries.execute(new GetSegment(id));
    return JSON.stringify(await this.reads.ask(request, new ListSegmentActivity(id, query)));
  }

  @Post('preview')
  @Operation({
    role: 'read',
    summary: 'Count and sample the members that a filter would have',
    answer: 'SegmentPreview',
    headers: ['X-Ledger-Min-Position'],
  })
  async preview(
    @Incoming() request: FastifyRequest,
    @FromBody(SegmentPreviewBody) body: SegmentPreviewBody,
  ): Promise<string> {
    const { documents, total } = await this.reads.ask(request, new PreviewSegment(body));
    return `{"object":"segment_preview","total":${total},"customers":[${documents.join(',')}]}`;
  }
}
