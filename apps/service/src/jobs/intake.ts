import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ContractError, limits } from '#contract';
import { type JobRequest, Operations } from '#operations';
import { Config } from '../config.js';
import { newCustomerId } from '../commands/ids.js';
import { Idempotency, type KeyedWork } from '../commands/idempotency.js';
import { appId, idempotencyKey } from '../http/request.js';
import { Clock } from '../ops/clock.js';
import { Log } from '../ops/log.js';
import { errorsOf } from './customer-updates.js';
import { JobRunner } from './runner.js';

const PART_ROWS_MAX = 1_000;
const PART_LENGTH_MAX = 262_144;
const HOUR_MS = 3_600_000;

type Parameters = Readonly<Record<string, unknown>>;

/** A request for a job. `parameters` is called once all rows are stored. */
export interface JobOrder {
  readonly kind: JobRequest['kind'];
  readonly type: string;
  readonly parameters?: () => Parameters;
}

/** The result of work that ran during its request. */
interface Finished {
  readonly done_count: number;
  readonly failed_count: number;
  readonly errors: readonly object[];
  readonly position: bigint | undefined;
}

type Done = Finished & { readonly async_action_id: string };
type Remembered = readonly [async_action_id: string, done_count: number, failed_count: number, position: string | null];

/** Accepts jobs: a job is durable when the promise resolves with its id. */
@Injectable()
export class Intake {
  constructor(
    private readonly operations: Operations,
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly runner: JobRunner,
    private readonly idempotency: Idempotency,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** Stores rows as a stream. When `rows` throws, removes the job and throws the same error. */
  async take(request: FastifyRequest, order: JobOrder, rows: AsyncIterable<object>): Promise<string> {
    const { jobs } = this.operations;
    const id = await this.receive(request, order);
    try {
      const digest = createHash('sha256');
      let total = 0;
      let number = 0;
      for await (const part of parts(rows)) {
        await jobs.addInput(id, number, part.text);
        digest.update(part.text);
        number += 1;
        total += part.rows;
      }
      const parameters = order.parameters?.() ?? {};
      const open = () => jobs.open(id, total, parameters).then(() => id);
      const content = `${order.type} ${JSON.stringify(parameters)}\n${digest.digest('hex')}`;
      const taken = await this.once(request, content, { run: open, kept: (one) => one, again: (one) => one });
      // an earlier request with this Idempotency-Key made the job
      if (taken !== id) await jobs.remove(id);
      this.runner.wake();
      return taken;
    } catch (error) {
      await jobs.remove(id);
      throw error;
    }
  }

  /** Runs work during its request, and records it as an asynchronous action. */
  during(request: FastifyRequest, type: string, work: (newId: string) => Promise<Finished>): Promise<Done> {
    return this.once(request, JSON.stringify(request.body), {
      run: (newId) => this.carryOut(request, type, () => work(newId)),
      kept: ({ async_action_id: id, done_count, failed_count, position }) =>
        JSON.stringify([id, done_count, failed_count, position === undefined ? null : String(position)]),
      again: (text) => this.recall(text),
    });
  }

  private async carryOut(request: FastifyRequest, type: string, work: () => Promise<Finished>): Promise<Done> {
    const { jobs } = this.operations;
    const id = await this.receive(request, { kind: 'action', type });
    const result = await work().catch(async (error: unknown) => {
      await jobs.remove(id);
      throw error;
    });
    const { done_count, failed_count, errors } = result;
    const progress = { errors: errors.slice(0, limits.row_errors_max) };
    // the work is durable, so a failure to record it does not fail the request
    await jobs
      .finish(id, { rows: done_count + failed_count, failed: failed_count, progress })
      .catch((error: unknown) => this.log.error({ err: error, job: id }, 'a completed action cannot be recorded'));
    return { async_action_id: id, ...result };
  }

  /** The first answer; its errors only until the action expires. */
  private async recall(text: string): Promise<Done> {
    const [async_action_id, done_count, failed_count, position] = JSON.parse(text) as Remembered;
    const job = await this.operations.jobs.find('action', async_action_id);
    const errors = job ? errorsOf(job) : [];
    return {
      async_action_id,
      done_count,
      failed_count,
      errors,
      position: position === null ? undefined : BigInt(position),
    };
  }

  private once<T>(request: FastifyRequest, content: string, work: KeyedWork<T>): Promise<T> {
    const key = idempotencyKey(request);
    if (key === undefined) return work.run(newCustomerId());
    return this.idempotency.once(
      { app_id: appId(request), key, content: `${request.method} ${request.url}\n${content}` },
      work,
    );
  }

  private async receive(request: FastifyRequest, { kind, type }: JobOrder): Promise<string> {
    const { jobs } = this.operations;
    if ((await jobs.backlog()) >= this.config.JOBS_OPEN_MAX)
      throw new ContractError('too_many_requests', 'Too many asynchronous actions are under way');
    const created_at = this.clock.now();
    const expires_at = new Date(Date.parse(created_at) + this.config.JOBS_KEPT_HOURS * HOUR_MS).toISOString();
    const id = `${kind === 'action' ? 'aa_' : 'exp_'}${randomBytes(9).toString('hex')}`;
    const [app_id, request_id] = [appId(request), request.id];
    await jobs.receive({ id, kind, type, app_id, request_id, created_at, expires_at, parameters: {} });
    return id;
  }
}

interface Part {
  readonly text: string;
  readonly rows: number;
}

/** Rows as JSON arrays of bounded size. */
async function* parts(rows: AsyncIterable<object>): AsyncGenerator<Part> {
  let texts: string[] = [];
  let length = 0;
  const part = (): Part => ({ text: `[${texts.join(',')}]`, rows: texts.length });
  for await (const row of rows) {
    const text = JSON.stringify(row);
    texts.push(text);
    length += text.length;
    if (texts.length < PART_ROWS_MAX && length < PART_LENGTH_MAX) continue;
    yield part();
    [texts, length] = [[], 0];
  }
  if (texts.length > 0) yield part();
}
