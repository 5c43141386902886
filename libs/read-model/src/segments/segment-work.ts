import { sql } from 'kysely';
import type { CustomerState } from '#customer';
import { headOf } from '../heads.js';
import { scheduleEvaluations, inTurn, type SegmentEvaluation } from './evaluations.js';
import type { Db } from '../statements.js';

/** An evaluation that is due; `turn` grows with each new request for one. */
export interface DueEvaluation extends SegmentEvaluation {
  readonly turn: number;
}

/** A completed evaluation, and the time of the next one. */
export interface FinishedEvaluation extends DueEvaluation {
  readonly next_at: string | undefined;
}

/** The progress of a segment's backfill over existing customers. */
export interface Backfill {
  readonly customers: number;
  /** True when all of them are scheduled for evaluation or need none. */
  readonly isDone: boolean;
  /** True when their memberships are recorded as well. */
  readonly isRecorded: boolean;
}

interface FillRow {
  readonly segment_id: string;
  readonly customers: number | string;
  readonly done_at: string | null;
  /** The earliest time at which any evaluation is due. */
  readonly due_at: string | null;
}

type Head = CustomerState['head'];
const PAGE = 1_000;

/** The work of segments: scheduled evaluations, and backfills over existing customers. */
export class SegmentWork {
  constructor(private readonly db: Db) {}

  /** The evaluations due at a time, the longest due first. */
  due(at: string, limit: number): Promise<DueEvaluation[]> {
    const query = this.db.selectFrom('segment_looks').select(['customer_id', 'due_at', 'turn']);
    return query.where('due_at', '<=', at).orderBy('due_at').limit(limit).execute();
  }

  /** Reschedules or deletes completed evaluations, unless another one was requested meanwhile. */
  async complete(taken: readonly FinishedEvaluation[]): Promise<void> {
    if (taken.length === 0) return;
    await this.db.transaction().execute(async (tx) => {
      for (const { customer_id, turn, next_at } of inTurn(taken)) {
        const update = tx.updateTable('segment_looks').set({ due_at: next_at ?? '', turn: turn + 1 });
        const query = next_at === undefined ? tx.deleteFrom('segment_looks') : update;
        await (query as typeof update).where('customer_id', '=', customer_id).where('turn', '=', turn).execute();
      }
    });
  }

  /** The progress of each backfill that has begun, by the id of the segment. */
  async fills(): Promise<ReadonlyMap<string, Backfill>> {
    const { rows } = await sql<FillRow>`select segment_id, customers, done_at,
      (select min(due_at) from segment_looks) as due_at from segment_fills`.execute(this.db);
    return new Map(
      rows.map(({ segment_id, customers, done_at, due_at }) => {
        const isDone = done_at !== null;
        const isRecorded = isDone && (due_at === null || due_at > done_at);
        return [segment_id, { customers: Number(customers), isDone, isRecorded }];
      }),
    );
  }

  /** Continues a backfill with the next customers; `lookAt` decides when each evaluation is due. */
  async fill(segment_id: string, now: string, lookAt: (id: string, head: Head) => string | undefined): Promise<void> {
    const begun = await this.begun(segment_id);
    const rows = await this.db
      .selectFrom('customers')
      .select(['id', 'head'])
      .where('status', '=', 'active')
      .where('id', '>', begun?.cursor ?? '')
      .orderBy('id')
      .limit(PAGE)
      .execute();
    const evaluations = rows.flatMap(({ id, head }) => {
      const due_at = lookAt(id, headOf(head));
      return due_at === undefined ? [] : [{ customer_id: id, due_at }];
    });
    const isDone = rows.length < PAGE;
    const customers = Number(begun?.customers ?? 0) + rows.length;
    const moved = { customers, done_at: isDone ? now : null, cursor: rows.at(-1)?.id ?? begun?.cursor ?? '' };
    await this.db.transaction().execute(async (tx) => {
      await scheduleEvaluations(tx, evaluations);
      await tx
        .insertInto('segment_fills')
        .values({ segment_id, ...moved })
        .onConflict((conflict) => conflict.column('segment_id').doUpdateSet(moved))
        .execute();
    });
  }

  /** Deletes the backfills of segments that no longer exist. */
  async keepOnly(known: readonly string[]): Promise<void> {
    const fills = await this.db.selectFrom('segment_fills').select('segment_id').execute();
    const left = fills.map(({ segment_id }) => segment_id).filter((id) => !known.includes(id));
    if (left.length > 0) await this.db.deleteFrom('segment_fills').where('segment_id', 'in', left).execute();
  }

  private begun(segment_id: string) {
    return this.db.selectFrom('segment_fills').selectAll().where('segment_id', '=', segment_id).executeTakeFirst();
  }
}
