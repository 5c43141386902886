import { setImmediate as nextTurn } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ContractError, limits, rejected } from '#contract';
import { nine, OWN_SOURCES, type ProfileInput, Rejection } from '#customer';
import { type Job, type JobStep, Operations } from '#operations';
import { CustomerStreams } from '../commands/customer-streams.js';
import type { Accepted, CustomerRef } from '../commands/proposal.js';
import { ImportCustomer, UpsertCustomer } from '../commands/profile.js';
import { Clock } from '../ops/clock.js';
import { Freshness } from '../ops/freshness.js';
import { Log } from '../ops/log.js';
import { csvLine } from './csv.js';
import type { Row, RowError } from './rows.js';
import { isPassing } from './runner.js';
import type { Work } from './work.js';

export const UPDATES = {
  bulk: 'CUSTOMERS.BULK_UPDATE',
  metadata: 'CUSTOMERS.METADATA_UPDATE',
  csv: 'CUSTOMERS.IMPORT_CSV',
} as const;

/** Steps are not short, because each costs a write to a database that other work shares. */
const PARTS_A_STEP = 2;
/** Rows that start in one turn of the event loop share appends. */
const ROWS_A_TURN = 100;
/** Open turns: enough to decide rows during the writes of others, few enough to keep other requests fast. */
const TURNS_MAX = 6;

interface Begun {
  readonly parts: number;
  readonly all: Promise<readonly Done[]>;
}

/** `changed` is false for a row without changes. */
type Done =
  | { readonly row: Row; readonly found: boolean; readonly changed: boolean }
  | { readonly row: Row; readonly error: RowError };

/**
 * Bulk updates and imports, where each row is a command that runs once. The history identifies rows with changes, the
 * job remembers the others, so that none runs again after a crash, when other commands may have changed the customer.
 */
@Injectable()
export class CustomerUpdates implements Work {
  readonly types = Object.values(UPDATES);

  constructor(
    private readonly commands: CommandBus,
    private readonly streams: CustomerStreams,
    private readonly operations: Operations,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
    @Inject(Log) private readonly log: Log,
  ) {}

  async *steps(job: Job, signal: AbortSignal): AsyncGenerator<JobStep> {
    let { rows_done, parts_done } = job;
    let errors = errorsOf(job);
    const unchanged = await this.operations.jobs.unchanged(job.id);
    let ahead = heeded(this.begin(job, parts_done, unchanged, signal));
    try {
      for (let state: JobStep['state'] = 'open'; state === 'open';) {
        const { parts, all } = await ahead;
        parts_done += parts;
        // the next step starts early, so that slow rows do not hold it up
        ahead = heeded(this.begin(job, parts_done, unchanged, signal));
        const done = await all;
        rows_done += done.length;
        const failed = done.flatMap((one) => ('error' in one ? [one.error] : []));
        errors = [...errors, ...failed].slice(0, limits.row_errors_max);
        state = rows_done >= job.rows_total ? 'done' : 'open';
        const output = job.type === UPDATES.csv ? '' : done.map(reported).join('');
        yield { parts, rows: done.length, failed: failed.length, output, progress: { errors }, state };
      }
    } finally {
      await ahead.then(({ all }) => all).catch(() => undefined);
    }
  }

  /** Resolves when the last turn has started. When the signal aborts, it starts no further turn and rejects. */
  private async begin(
    job: Job,
    parts_done: number,
    unchanged: ReadonlySet<number>,
    signal: AbortSignal,
  ): Promise<Begun> {
    const parts = await this.operations.jobs.input({ id: job.id, parts_done }, PARTS_A_STEP);
    const rows = parts.flatMap((text) => JSON.parse(text) as Row[]);
    const turns: Promise<Done[]>[] = [];
    for (let from = 0; from < rows.length; from += ROWS_A_TURN) {
      await turns.at(-TURNS_MAX);
      // started turns finish, because the store is closed after that
      if (signal.aborted) await Promise.allSettled(turns);
      signal.throwIfAborted();
      turns.push(heeded(this.turn(job, rows.slice(from, from + ROWS_A_TURN), unchanged)));
      await nextTurn();
    }
    return { parts: parts.length, all: heeded(Promise.all(turns).then((done) => done.flat())) };
  }

  private async turn(job: Job, rows: readonly Row[], unchanged: ReadonlySet<number>): Promise<Done[]> {
    const done = await Promise.all(
      rows.map(async (row): Promise<Done> =>
        unchanged.has(row.n) ? { row, found: true, changed: false } : this.one(job, row),
      ),
    );
    const same = done.flatMap((one) =>
      'changed' in one && !one.changed && !unchanged.has(one.row.n) ? one.row.n : [],
    );
    if (same.length > 0) await this.operations.jobs.rememberUnchanged(job.id, same);
    return done;
  }

  private async one(job: Job, row: Row): Promise<Done> {
    if (row.reason !== undefined) return { row, error: refused(row, new ContractError('invalid_payload', row.reason)) };
    try {
      const outcome = await this.commands.execute(commandOf(job, row, this.clock.now()));
      if (outcome instanceof Rejection) return { row, error: refused(row, rejected(outcome, row.id ?? row.source_id)) };
      this.streams.letGo(outcome.customer_id);
      // later reads with the key of the job show the row
      this.freshness.wrote(job.app_id, outcome.position);
      return { row, found: wasThere(outcome, job), changed: outcome.changed };
    } catch (error) {
      if (isPassing(error)) throw error;
      this.log.error({ err: error, job: job.id, row: row.n }, 'a row cannot be imported');
      return { row, error: refused(row, new ContractError('internal_error')) };
    }
  }
}

/** Marks the promise as handled, so that an early rejection is not reported as unhandled. */
function heeded<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** The first errors of a job. */
export const errorsOf = ({ progress }: Job): readonly RowError[] =>
  (progress as { readonly errors?: readonly RowError[] }).errors ?? [];

export const REPORT_HEADER = csvLine(['source_id', 'found', 'updated', 'error']);

const reported = (done: Done): string =>
  'error' in done
    ? csvLine([done.row.source_id, '', false, `${done.error.key}: ${done.error.details}`])
    : csvLine([done.row.source_id, done.found, true, '']);

function commandOf(job: Job, row: Row, at: string): UpsertCustomer | ImportCustomer {
  const { metadata } = job.parameters as Pick<ProfileInput, 'metadata'>;
  const { source_id } = row;
  const body = { ...row.body, ...(metadata && { metadata }), ...(source_id !== undefined && { source_id }) };
  const context = {
    actor: { channel: 'API', key: job.app_id },
    origin: { source: `${OWN_SOURCES}${job.id}`, id: String(row.n) },
    correlation_id: job.request_id,
  };
  const Update = job.type === UPDATES.csv ? ImportCustomer : UpsertCustomer;
  return new Update(meant(row), body, at, context);
}

const meant = ({ id, source_id }: Row): CustomerRef =>
  id === undefined ? { source_id: source_id ?? '' } : { existing: id };

/** False for a new customer, also when the row runs again after a crash: such a customer is younger than the job. */
function wasThere({ state, created, changed }: Accepted, job: Job): boolean {
  if (changed) return created !== true;
  const { birth } = state.head.profile;
  return birth === undefined || birth.created_at < nine(job.created_at);
}

const refused = ({ n, source_id }: Row, { key, message, details }: ContractError): RowError => ({
  n,
  source_id,
  key,
  message,
  details,
});
