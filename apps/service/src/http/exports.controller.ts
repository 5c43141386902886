import { Controller, Delete, Get, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ContractError, ExportBody, ExportListQuery } from '#contract';
import { type Job, Operations } from '#operations';
import { exportPlan } from '../jobs/exports.js';
import { Intake } from '../jobs/intake.js';
import { Links } from '../jobs/links.js';
import { Clock } from '../ops/clock.js';
import { assertAllUsed } from '../queries/filters.js';
import { FromBody, FromQuery } from './bound.js';
import { Operation } from './operation.js';
import { Reads } from './reads.js';
import { Incoming } from './request.js';
import { streamTexts } from './streaming.js';

const STATUS = { receiving: 'SCHEDULED', open: 'IN_PROGRESS', done: 'DONE', failed: 'ERROR' } as const;

/** Contract 5.4: customers, orders and redemptions as CSV files. */
@Controller('v1/exports')
export class ExportsController {
  constructor(
    private readonly intake: Intake,
    private readonly reads: Reads,
    private readonly operations: Operations,
    private readonly links: Links,
    private readonly clock: Clock,
  ) {}

  @Post()
  @Operation({
    role: 'read',
    summary: 'Ask for an export',
    answer: 'Export',
    headers: ['Idempotency-Key'],
  })
  async create(
    @Incoming() request: FastifyRequest,
    @FromBody(ExportBody) { exported_object, parameters = {} }: ExportBody,
  ): Promise<string> {
    const plan = exportPlan(exported_object, parameters);
    await this.reads.caughtUp(request);
    const order = { kind: 'export', type: exported_object, parameters: () => ({ ...plan }) } as const;
    const job = await this.find(await this.intake.take(request, order, nothing()));
    return JSON.stringify({ ...this.exportOf(job, request), status: 'SCHEDULED', result: null });
  }

  @Get()
  @Operation({ role: 'read', summary: 'Exports, newest first', answer: 'ExportList' })
  async list(
    @Incoming() request: FastifyRequest,
    @FromQuery(ExportListQuery) { limit, page, order, ...rest }: ExportListQuery,
  ): Promise<string> {
    assertAllUsed(rest);
    const column = order.replace('status', 'state') as 'created_at';
    const jobs = await this.operations.jobs.list('export', { limit, page, order: column });
    const exports = jobs.slice(0, limit).map((job) => this.exportOf(job, request));
    const total = await this.operations.jobs.count('export');
    return JSON.stringify({ object: 'list', data_ref: 'exports', exports, total });
  }

  @Get(':id')
  @Operation({ role: 'read', summary: 'Read an export: its status and the address of its file', answer: 'Export' })
  async get(@Param('id') id: string, @Incoming() request: FastifyRequest): Promise<string> {
    return JSON.stringify(this.exportOf(await this.find(id), request));
  }

  @Delete(':id')
  @Operation({ role: 'write', summary: 'Delete an export and its file', status: 204 })
  async delete(@Param('id') id: string): Promise<void> {
    await this.find(id);
    await this.operations.jobs.remove(id);
  }

  @Get(':id/file')
  @Operation({ role: 'public', summary: 'The file of an export, at the address that it names', type: 'text/csv' })
  async file(@Param('id') id: string, @Query() query: object, @Res() reply: FastifyReply): Promise<void> {
    this.links.check(filePath(id), query, this.clock.now());
    await this.find(id);
    void reply.header('content-disposition', `attachment; filename="${id}.csv"`);
    streamTexts(reply, 'text/csv', this.operations.jobs.output(id));
  }

  private async find(id: string): Promise<Job> {
    const job = await this.operations.jobs.find('export', id);
    if (!job) throw new ContractError('not_found', `Cannot find export with id ${id}`, { id, type: 'export' });
    return job;
  }

  private exportOf(job: Job, request: FastifyRequest): object {
    const { id, created_at, state, type, parameters, expires_at, parts_done } = job;
    const isWaiting = state === 'open' && parts_done === 0;
    return {
      ...{ id, object: 'export', created_at, status: isWaiting ? 'SCHEDULED' : STATUS[state], channel: 'API' },
      ...{ exported_object: type, parameters },
      result: state === 'done' ? { url: this.links.to(request, filePath(id), expires_at) } : null,
      user_id: null,
    };
  }
}

const filePath = (id: string): string => `/v1/exports/${id}/file`;

async function* nothing(): AsyncGenerator<never> {
  // an export has no rows of input
}
