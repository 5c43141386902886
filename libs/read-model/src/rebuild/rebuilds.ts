import { randomBytes } from 'node:crypto';
import type { Db } from '../statements.js';
import type { RebuildsTable } from '../schema.js';
import type { Report } from './comparison.js';

/** A request; by default it rebuilds everything and switches. */
export interface RebuildRequest {
  /** Only compares. */
  readonly check_only?: boolean | undefined;
  /** Rebuilds one customer in place. */
  readonly customer?: string | undefined;
  /** Makes the former generation live again. */
  readonly switch_back?: boolean | undefined;
}

/** A rebuild as the API shows it. Times are ISO text, positions decimal text, `rate` events a second. */
export interface Rebuild extends Pick<
  RebuildsTable,
  'id' | 'kind' | 'created_at' | 'started_at' | 'ended_at' | 'events' | 'position' | 'target' | 'error'
> {
  readonly customer: string | null;
  readonly state: RebuildsTable['state'] | 'paused';
  readonly is_open: boolean;
  readonly rate: number;
  readonly seconds_left: number | null;
  readonly report: Report | null;
}

/** Another rebuild is not done yet. */
export class RebuildOpen extends Error {
  constructor(readonly id: string) {
    super(`rebuild ${id} is not done yet`);
  }
}

/** The rebuild is done, cancelled or failed. */
export class RebuildClosed extends Error {
  constructor(readonly id: string) {
    super(`rebuild ${id} is over`);
  }
}

const LIST_MAX = 50;

/** Requested rebuilds are rows, so that any instance can show them and a restart loses nothing. */
export class Rebuilds {
  constructor(
    private readonly db: Db,
    private readonly clock: () => number = Date.now,
  ) {}

  /** Throws RebuildOpen. */
  async request(request: RebuildRequest): Promise<Rebuild> {
    const { check_only = false, customer } = request;
    const row = {
      id: `rbld_${randomBytes(12).toString('hex')}`,
      kind: kindOf(request, check_only),
      customer_id: customer ?? null,
      state: 'waiting' as const,
      wish: 'run' as const,
      is_open: 1,
      created_at: this.now(),
      events: 0,
      working_ms: 0,
    };
    const insert = this.db.insertInto('rebuilds').values(row);
    const { numInsertedOrUpdatedRows } = await insert.onConflict((conflict) => conflict.doNothing()).executeTakeFirst();
    if (numInsertedOrUpdatedRows !== 1n) throw new RebuildOpen((await this.openRow())?.id ?? '');
    return (await this.find(row.id)) as Rebuild;
  }

  async find(id: string): Promise<Rebuild | undefined> {
    const row = await this.db.selectFrom('rebuilds').selectAll().where('id', '=', id).executeTakeFirst();
    return row && shown(row);
  }

  /** Lists the newest first. */
  async list(): Promise<Rebuild[]> {
    const query = this.db
      .selectFrom('rebuilds')
      .selectAll()
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .limit(LIST_MAX);
    return (await query.execute()).map(shown);
  }

  /** Runs, pauses or cancels a rebuild; undefined when there is no such rebuild. Throws RebuildClosed. */
  async wish(id: string, wish: RebuildsTable['wish']): Promise<Rebuild | undefined> {
    const { numUpdatedRows } = await this.db
      .updateTable('rebuilds')
      .set({ wish })
      .where('id', '=', id)
      .where('is_open', '=', 1)
      // a cancellation is final, because the tables may be dropped already
      .where('wish', '!=', 'cancel')
      .executeTakeFirst();
    const found = await this.find(id);
    if (found && numUpdatedRows !== 1n && !(found.is_open && wish === 'cancel')) throw new RebuildClosed(id);
    return found;
  }

  /** The rebuild that is not done. */
  openRow(): Promise<RebuildsTable | undefined> {
    return this.db.selectFrom('rebuilds').selectAll().where('is_open', '=', 1).executeTakeFirst();
  }

  /** Saves the progress of a rebuild in the caller's transaction. */
  async change(db: Db, id: string, set: Partial<RebuildsTable>): Promise<void> {
    await db.updateTable('rebuilds').set(set).where('id', '=', id).execute();
  }

  async end(
    db: Db,
    id: string,
    state: 'done' | 'cancelled' | 'failed',
    set: Partial<RebuildsTable> = {},
  ): Promise<void> {
    await this.change(db, id, { ...set, state, is_open: 0, ended_at: this.now() });
  }

  now(): string {
    return new Date(this.clock()).toISOString();
  }
}

function kindOf({ customer, switch_back }: RebuildRequest, isCheck: boolean): RebuildsTable['kind'] {
  if (switch_back) return 'switch_back';
  if (customer !== undefined) return isCheck ? 'customer_check' : 'customer';
  return isCheck ? 'check' : 'rebuild';
}

function shown(row: RebuildsTable): Rebuild {
  const { id, kind, created_at, started_at, ended_at, events, position, target, error } = row;
  const rate = row.working_ms > 0 ? Math.round((events * 1000) / row.working_ms) : 0;
  const report = row.report === null ? null : (JSON.parse(row.report) as Report);
  return {
    ...{ id, kind, customer: row.customer_id, state: row.is_open === 1 && row.wish === 'pause' ? 'paused' : row.state },
    ...{ is_open: row.is_open === 1, created_at, started_at, ended_at, events, position, target },
    ...{ rate, seconds_left: secondsLeft(row), error, report },
  };
}

/** Estimated from the completed part of the positions, which have gaps, so the events to come cannot be counted. */
function secondsLeft({ state, position, target, working_ms }: RebuildsTable): number | null {
  if (state !== 'building' || position === null || target === null || working_ms === 0) return null;
  const [done, total] = [Number(position), Number(target)];
  return done <= 0 ? null : Math.max(0, Math.round(((total - done) / done) * (working_ms / 1000)));
}
