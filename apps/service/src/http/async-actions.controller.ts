import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AsyncActionListQuery, ContractError } from '#contract';
import { type Job, Operations } from '#operations';
import { ORDER_IMPORT } from '../ingest/order-imports.js';
import { errorsOf, REPORT_HEADER, UPDATES } from '../jobs/customer-updates.js';
import { Links } from '../jobs/links.js';
import { Clock } from '../ops/clock.js';
import { assertAllUsed } from '../queries/filters.js';
import { FromQuery } from './bound.js';
import { Operation } from './operation.js';
import { Incoming } from './request.js';
import { streamTexts } from './streaming.js';

/** Contract 2.9: progress and results of asynchronous actions. */
@Controller('v1/async-actions')
export class AsyncActionsController {
  constructor(
    private readonly operations: Operations,
    private readonly links: Links,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Operation({
    role: 'read',
    summary: 'Asynchronous actions, newest first',
    answer: 'AsyncActionList',
  })
  async list(@FromQuery(AsyncActionListQuery) { limit, end_date, ...rest }: AsyncActionListQuery): Promise<string> {
    assertAllUsed(rest);
    const jobs = await this.operations.jobs.list('action', { limit, before: end_date });
    const async_actions = jobs.slice(0, limit).map(actionOf);
    return JSON.stringify({ object: 'list', data_ref: 'async_actions', async_actions, has_more: jobs.length > limit });
  }

  @Get(':id')
  @Operation({ role: 'read', summary: 'An asynchronous action and its result', answer: 'AsyncAction' })
  async get(@Param('id') id: string, @Incoming() request: FastifyRequest): Promise<string> {
    const job = await this.find(id);
    if (job.state === 'open') return JSON.stringify(actionOf(job));
    return JSON.stringify({ ...actionOf(job), result: this.resultOf(job, request) });
  }

  @Get(':id/report')
  @Operation({
    role: 'public',
    summary: 'The report of a bulk update, at the address that its result names',
    type: 'text/csv',
  })
  async report(@Param('id') id: string, @Query() query: object, @Res() reply: FastifyReply): Promise<void> {
    this.links.check(reportPath(id), query, this.clock.now());
    const { jobs } = this.operations;
    await this.find(id);
    void reply.header('content-disposition', `attachment; filename="${id}.csv"`);
    streamTexts(reply, 'text/csv', withHeader(jobs.output(id)));
  }

  private async find(id: string): Promise<Job> {
    const job = await this.operations.jobs.find('action', id);
    if (!job)
      throw new ContractError('not_found', `Cannot find async_action with id ${id}`, { id, type: 'async_action' });
    return job;
  }

  private resultOf(job: Job, request: FastifyRequest): object {
    if (job.type === ORDER_IMPORT) return { ...counts(job), errors: errorsOf(job) };
    return job.type === UPDATES.csv ? importResult(job) : this.updateResult(job, request);
  }

  private updateResult(job: Job, request: FastifyRequest): object {
    const { id, expires_at } = job;
    return {
      ...counts(job),
      reports: job.progress['is_forgotten'] === true ? [] : [this.links.to(request, reportPath(id), expires_at)],
      reports_available_till: expires_at,
      errors: errorsOf(job).map(({ message, details, key, source_id }) => ({ message, details, key, source_id })),
    };
  }
}

const reportPath = (id: string): string => `/v1/async-actions/${id}/report`;

async function* withHeader(parts: AsyncIterable<string>): AsyncGenerator<string> {
  yield REPORT_HEADER;
  yield* parts;
}

/** The SDK stops polling at anything but IN_PROGRESS, so an action is never shown as ENQUEUED. */
function actionOf(job: Job): object {
  const { id, type, request_id, created_at, updated_at, rows_done, rows_total, state } = job;
  const ended = {
    operation_status: state === 'failed' ? 'FAILED' : 'SUCCESS',
    updated_at,
    processing_time: Date.parse(updated_at) - Date.parse(created_at),
  };
  return {
    ...{ id, type, status: state === 'open' ? 'IN_PROGRESS' : state === 'done' ? 'DONE' : 'FAILED' },
    ...(state !== 'open' && ended),
    ...{ created_at, request_id },
    progress: rows_total === 0 ? (state === 'open' ? 0 : 100) : Math.floor((100 * rows_done) / rows_total),
    object: 'async_action',
  };
}

const counts = ({ rows_done, rows_failed }: Job): { readonly done_count: number; readonly failed_count: number } => ({
  done_count: rows_done - rows_failed,
  failed_count: rows_failed,
});

function importResult(job: Job): object {
  const { done_count, failed_count } = counts(job);
  const message = `${done_count} customer(s) imported successfully, ${failed_count} failed.`;
  const failed = errorsOf(job).map(({ source_id, n, details }) => ({ source_id, row: n + 1, reason: details }));
  return { message, failed, done_count, failed_count };
}
