import { type RawBuilder, sql } from 'kysely';
import { isHeld, type LeaseColumns, type LeaseHolder, UNLEASED } from '#database';
import { type ItemLease, Queue } from '../queue.js';
import type { Db, JobsTable } from '../schema.js';

/** The state of a job; `parameters` come from the request, `progress` is the state of the work itself. */
export interface Job extends Omit<JobsTable, 'parameters' | 'progress' | keyof LeaseColumns> {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly progress: Readonly<Record<string, unknown>>;
}

export type JobRequest = Pick<
  Job,
  'id' | 'kind' | 'type' | 'app_id' | 'request_id' | 'created_at' | 'expires_at' | 'parameters'
>;

/** The result of one step, noted as a whole, so that a repeated step leaves nothing twice. */
export interface JobStep {
  /** Parts of the input that it took; 1 by default, also for work without input. */
  readonly parts?: number;
  readonly rows: number;
  readonly failed: number;
  readonly output: string;
  readonly progress: Readonly<Record<string, unknown>>;
  readonly state: 'open' | 'done' | 'failed';
}

export interface JobPage {
  readonly limit: number;
  readonly page?: number | undefined;
  /** Created at this instant or before. */
  readonly before?: string | undefined;
  readonly order?: 'created_at' | '-created_at' | 'state' | '-state' | undefined;
}

/** The job went to another instance, or was removed. */
export class JobLost extends Error {
  constructor(readonly id: string) {
    super(`job ${id} is no longer ours`);
  }
}

const RECEIVING_MS_MAX = 3_600_000;
const SWEPT_MAX = 100;

/** Jobs are rows, so that any instance can show or continue them, and a restart loses nothing. */
export class Jobs {
  constructor(
    private readonly db: Db,
    private readonly now_ms: RawBuilder<number>,
    private readonly clock: () => number = Date.now,
  ) {}

  /** Begins to receive the input of a job, which stays invisible until `open`. */
  async receive(request: JobRequest): Promise<void> {
    const { parameters, ...rest } = request;
    const row = {
      ...rest,
      ...{ state: 'receiving' as const, updated_at: request.created_at, parameters: JSON.stringify(parameters) },
      ...{ rows_total: 0, rows_done: 0, rows_failed: 0, parts_done: 0, progress: '{}', ...UNLEASED },
    };
    await this.db.insertInto('jobs').values(row).execute();
  }

  async addInput(id: string, number: number, text: string): Promise<void> {
    await this.db.insertInto('job_parts').values({ job_id: id, direction: 'in', number, text }).execute();
  }

  /** Makes the job visible once all of the input has arrived; `parameters` replace those of the request. */
  async open(id: string, rows_total: number, parameters: Readonly<Record<string, unknown>>): Promise<void> {
    const set = { state: 'open' as const, rows_total, parameters: JSON.stringify(parameters) };
    await this.db.updateTable('jobs').set(set).where('id', '=', id).execute();
  }

  /** Completes a job whose input was processed while its request waited. */
  async finish(id: string, { rows, failed, progress }: Pick<JobStep, 'rows' | 'failed' | 'progress'>): Promise<void> {
    const counts = { rows_total: rows, rows_done: rows, rows_failed: failed, parts_done: 1 };
    const set = {
      state: 'done' as const,
      updated_at: new Date(this.clock()).toISOString(),
      progress: JSON.stringify(progress),
    };
    await this.db
      .updateTable('jobs')
      .set({ ...set, ...counts })
      .where('id', '=', id)
      .execute();
  }

  /** Removes a job and its parts; false when there is no such job. */
  remove(id: string): Promise<boolean> {
    return this.db.transaction().execute(async (tx) => {
      await tx.deleteFrom('job_parts').where('job_id', '=', id).execute();
      const { numDeletedRows } = await tx.deleteFrom('jobs').where('id', '=', id).executeTakeFirst();
      return numDeletedRows === 1n;
    });
  }

  async find(kind: Job['kind'], id: string): Promise<Job | undefined> {
    const query = this.visible(kind).where('id', '=', id).selectAll();
    const row = await query.executeTakeFirst();
    return row && jobOf(row);
  }

  /** Lists jobs, by default the newest first; one more than `limit` when there are more. */
  async list(kind: Job['kind'], { limit, page = 1, before, order = '-created_at' }: JobPage): Promise<Job[]> {
    const [column, direction] = [order.replace('-', ''), order.startsWith('-') ? 'desc' : 'asc'] as const;
    const query = before === undefined ? this.visible(kind) : this.visible(kind).where('created_at', '<=', before);
    const rows = await query
      .selectAll()
      .orderBy(column as 'created_at' | 'state', direction)
      .orderBy('id', direction)
      .limit(limit + 1)
      .offset((page - 1) * limit)
      .execute();
    return rows.map(jobOf);
  }

  async count(kind: Job['kind']): Promise<number> {
    const query = this.visible(kind).select((row) => row.fn.countAll<number>().as('found'));
    return Number((await query.executeTakeFirstOrThrow()).found);
  }

  /** The number of unfinished jobs. */
  async backlog(): Promise<number> {
    const query = this.db.selectFrom('jobs').where('state', 'in', ['open', 'receiving']);
    return Number((await query.select((row) => row.fn.countAll<number>().as('found')).executeTakeFirstOrThrow()).found);
  }

  /** The queue of unfinished jobs, the oldest first. */
  queue(holder: LeaseHolder): Queue {
    const isDue = () => sql<boolean>`state = 'open'`;
    return new Queue(this.db, this.now_ms, holder, { table: 'jobs', isDue, order: sql`created_at, id` });
  }

  /** The job with this id; undefined when it is finished or removed. */
  async unfinished(id: string): Promise<Job | undefined> {
    const query = this.db.selectFrom('jobs').selectAll().where('id', '=', id).where('state', '=', 'open');
    const row = await query.executeTakeFirst();
    return row && jobOf(row);
  }

  /** The next parts of the input, in order; empty at its end. */
  async input({ id, parts_done }: Pick<Job, 'id' | 'parts_done'>, parts_max: number): Promise<string[]> {
    const query = this.db.selectFrom('job_parts').select('text').where('job_id', '=', id).where('direction', '=', 'in');
    const wanted = query.where('number', '>=', parts_done).where('number', '<', parts_done + parts_max);
    const rows = await wanted.orderBy('number').execute();
    return rows.map(({ text }) => text);
  }

  /** Notes a step under the lease, as a whole or not at all. Throws JobLost. */
  note(job: Job, lease: ItemLease, step: JobStep): Promise<Job> {
    const { id, parts_done: number } = job;
    const noted = { ...afterStep(job, step), updated_at: new Date(this.clock()).toISOString() };
    const { state, updated_at, parts_done, rows_done, rows_failed } = noted;
    const set = { state, updated_at, parts_done, rows_done, rows_failed, progress: JSON.stringify(step.progress) };
    return this.db.transaction().execute(async (tx) => {
      const change = tx.updateTable('jobs').set(set).where('id', '=', id).where(isHeld(lease));
      const next = change.where('state', '=', 'open').where('parts_done', '=', number);
      const { numUpdatedRows } = await next.executeTakeFirst();
      if (numUpdatedRows !== 1n) throw new JobLost(id);
      const parts = tx.deleteFrom('job_parts').where('job_id', '=', id).where('direction', '=', 'in');
      await (state === 'open' ? parts.where('number', '<', parts_done) : parts).execute();
      const unchanged = tx.deleteFrom('job_parts').where('job_id', '=', id).where('direction', '=', 'unchanged');
      await unchanged.where('number', '<', rows_done).execute();
      if (step.output !== '')
        await tx.insertInto('job_parts').values({ job_id: id, direction: 'out', number, text: step.output }).execute();
      return noted;
    });
  }

  /** Unchanged rows leave no event, so the job remembers them until a step that contains them is noted. */
  async rememberUnchanged(id: string, rows: readonly number[]): Promise<void> {
    const part = { job_id: id, direction: 'unchanged' as const, number: rows[0] ?? 0, text: JSON.stringify(rows) };
    const insert = this.db.insertInto('job_parts').values(part);
    await insert.onConflict((found) => found.columns(['job_id', 'direction', 'number']).doNothing()).execute();
  }

  async unchanged(id: string): Promise<ReadonlySet<number>> {
    const parts = this.db.selectFrom('job_parts').select('text').where('job_id', '=', id);
    const rows = await parts.where('direction', '=', 'unchanged').execute();
    return new Set(rows.flatMap(({ text }) => JSON.parse(text) as number[]));
  }

  /** The output of a job, part by part. */
  async *output(id: string): AsyncGenerator<string> {
    for (let after = -1; ;) {
      const parts = this.db.selectFrom('job_parts').select(['number', 'text']).where('job_id', '=', id);
      const query = parts.where('direction', '=', 'out').where('number', '>', after).orderBy('number').limit(1);
      const part = await query.executeTakeFirst();
      if (!part) return;
      yield part.text;
      after = Number(part.number);
    }
  }

  /** Deletes expired jobs and jobs whose input never completed, a hundred at most; returns their number. */
  async sweep(): Promise<number> {
    const now_ms = this.clock();
    const [now, stale] = [new Date(now_ms).toISOString(), new Date(now_ms - RECEIVING_MS_MAX).toISOString()];
    const due = await this.db
      .selectFrom('jobs')
      .select('id')
      .where((row) =>
        row.or([
          row.and([row('expires_at', '<=', now), row('state', '!=', 'open')]),
          row.and([row('state', '=', 'receiving'), row('created_at', '<=', stale)]),
        ]),
      )
      .limit(SWEPT_MAX)
      .execute();
    for (const { id } of due) await this.remove(id);
    return due.length;
  }

  private visible(kind: Job['kind']) {
    const now = new Date(this.clock()).toISOString();
    const shown = this.db.selectFrom('jobs').where('kind', '=', kind).where('state', '!=', 'receiving');
    // a finished job disappears when it expires, swept or not
    return shown.where((row) => row.or([row('state', '=', 'open'), row('expires_at', '>', now)]));
  }
}

/** The state of a job once a step is noted. */
export const afterStep = (job: Job, { state, parts = 1, rows, failed, progress }: JobStep): Job => ({
  ...job,
  ...{ state, progress, parts_done: job.parts_done + parts },
  ...{ rows_done: job.rows_done + rows, rows_failed: job.rows_failed + failed },
});

function jobOf(row: JobsTable): Job {
  const { owner: _, token: __, lease_until_ms: ___, parameters, progress, ...rest } = row;
  const numbers = { rows_total: Number(row.rows_total), rows_done: Number(row.rows_done) };
  return {
    ...rest,
    ...{ ...numbers, rows_failed: Number(row.rows_failed), parts_done: Number(row.parts_done) },
    parameters: JSON.parse(parameters) as Job['parameters'],
    progress: JSON.parse(progress) as Job['progress'],
  };
}
