import type { CustomerState } from '#customer';
import { hastenLooks, type Look, LOOK_COLUMNS } from './looks.js';
import type { Db } from './queries/statements.js';

/** A look that is due; `turn` tells it from one that took its place. */
export interface DueLook extends Look {
  readonly customer_id: string;
  readonly turn: number;
}

/** A look that was taken, and when the next one is due. */
export interface TakenLook extends DueLook {
  readonly next_at: string | undefined;
}

/** How far a segment has looked at those who were there before it. */
export interface Fill {
  readonly customers: number;
  readonly isDone: boolean;
}

type Head = CustomerState['head'];
const PAGE = 1_000;
const UNBEGUN: Fill = { customers: 0, isDone: false };

/** What segments have to do: looks that are due, and customers who were there before them. */
export class SegmentWork {
  constructor(private readonly db: Db) {}

  /** What is due at a time, the longest due first. */
  due(at: string, limit: number): Promise<DueLook[]> {
    const query = this.db.selectFrom('segment_looks').select(LOOK_COLUMNS).where('due_at', '<=', at);
    return query.orderBy('due_at').limit(limit).execute();
  }

  /** Puts off or ends looks that were taken, unless others took their place meanwhile. */
  async settle(taken: readonly TakenLook[]): Promise<void> {
    if (taken.length === 0) return;
    await this.db.transaction().execute(async (tx) => {
      for (const { customer_id, segment_id, turn, next_at } of taken) {
        const update = tx.updateTable('segment_looks').set({ due_at: next_at ?? '', turn: turn + 1 });
        const query = next_at === undefined ? tx.deleteFrom('segment_looks') : update;
        await (query as typeof update)
          .where('customer_id', '=', customer_id)
          .where('segment_id', '=', segment_id)
          .where('turn', '=', turn)
          .execute();
      }
    });
  }

  /** Whether a segment has looked at all who were there before it, and has nothing to record at the moment. */
  async isFilled(segment_id: string, at: string): Promise<boolean> {
    if (!(await this.fillOf(segment_id)).isDone) return false;
    const query = this.db.selectFrom('segment_looks').select('turn').where('segment_id', '=', segment_id);
    return (await query.where('due_at', '<=', at).limit(1).executeTakeFirst()) === undefined;
  }

  async fillOf(segment_id: string): Promise<Fill> {
    const row = await this.begun(segment_id);
    return row ? { customers: Number(row.customers), isDone: row.is_done === 1 } : UNBEGUN;
  }

  /** Looks at the next of the customers who were there before. */
  async fill(segment_id: string, look: (id: string, head: Head) => Look | undefined): Promise<Fill> {
    const begun = await this.begun(segment_id);
    const rows = await this.db
      .selectFrom('customers')
      .select(['id', 'head'])
      .where('status', '=', 'active')
      .where('id', '>', begun?.cursor ?? '')
      .orderBy('id')
      .limit(PAGE)
      .execute();
    const looks = rows.flatMap(({ id, head }) => {
      const one = look(id, JSON.parse(head) as Head);
      return one ? [{ ...one, customer_id: id }] : [];
    });
    const fill = { customers: Number(begun?.customers ?? 0) + rows.length, is_done: rows.length < PAGE ? 1 : 0 };
    const moved = { ...fill, cursor: rows.at(-1)?.id ?? begun?.cursor ?? '' };
    await this.db.transaction().execute(async (tx) => {
      await hastenLooks(tx, looks);
      await tx
        .insertInto('segment_fills')
        .values({ segment_id, ...moved })
        .onConflict((conflict) => conflict.column('segment_id').doUpdateSet(moved))
        .execute();
    });
    return { customers: fill.customers, isDone: fill.is_done === 1 };
  }

  /** Looks at everybody again: the filter is another one. */
  async fillAgain(segment_id: string): Promise<void> {
    await this.db.deleteFrom('segment_fills').where('segment_id', '=', segment_id).execute();
  }

  /** Forgets about segments that are not there any more. */
  async keepOnly(known: readonly string[]): Promise<void> {
    const fills = await this.db.selectFrom('segment_fills').select('segment_id').execute();
    const left = fills.map(({ segment_id }) => segment_id).filter((id) => !known.includes(id));
    if (left.length === 0) return;
    await this.db.deleteFrom('segment_looks').where('segment_id', 'in', left).execute();
    await this.db.deleteFrom('segment_fills').where('segment_id', 'in', left).execute();
  }

  private begun(segment_id: string) {
    return this.db.selectFrom('segment_fills').selectAll().where('segment_id', '=', segment_id).executeTakeFirst();
  }
}
