import { sql } from 'kysely';
import type { ChangedCustomer } from '#segment';
import { isGone, type Projected } from '../projecting/projection.js';
import { type Db, perRow, remove } from '../statements.js';

/** Decides when segments evaluate a customer. */
export interface Judge {
  /** Loads the current definitions before a batch. */
  prepare(): Promise<void>;
  /** The time at which a change makes an evaluation due: at once when a membership is wrong; undefined for never. */
  lookAt(customer: ChangedCustomer): string | undefined;
}

/** A scheduled evaluation of a customer. */
export interface SegmentEvaluation {
  readonly customer_id: string;
  readonly due_at: string;
}

/** Schedules evaluations; the earliest requested time wins, as one evaluation too many does no harm. */
const ask = perRow<never>((db, count) =>
  sql`insert into segment_looks (customer_id, due_at, turn)
    values ${sql.join(Array.from({ length: count }, () => sql`(${''}, ${''}, 0)`))} on conflict (customer_id) do update
    set due_at = case when segment_looks.due_at < excluded.due_at then segment_looks.due_at else excluded.due_at end,
      turn = segment_looks.turn + 1`.compile(db),
);

const forget = remove('segment_looks', 'customer_id');

/** Sorts before any time, so the evaluation is due already. */
const AT_ONCE = '';

/** Schedules evaluations of customers whose rows were wrong, because their memberships may be wrong too. */
export const evaluateAgain = (db: Db, customers: readonly string[]): Promise<unknown> =>
  scheduleEvaluations(
    db,
    customers.map((customer_id) => ({ customer_id, due_at: AT_ONCE })),
  );

export const scheduleEvaluations = (db: Db, evaluations: readonly SegmentEvaluation[]): Promise<unknown> =>
  ask(
    db,
    inTurn(evaluations).map(({ customer_id, due_at }) => [customer_id, due_at]),
  );

/** Sorted, to avoid deadlocks. */
export const inTurn = <L extends SegmentEvaluation>(evaluations: readonly L[]): L[] =>
  [...evaluations].sort((one, other) => (one.customer_id < other.customer_id ? -1 : 1));

/** Schedules the evaluations that follow from a batch. */
export async function saveEvaluations(db: Db, projected: readonly Projected[], judge: Judge): Promise<void> {
  const gone = projected.filter(({ state, before }) => isGone(state) && !isGone(before)).map(({ id }) => [id]);
  await forget(db, gone);
  const evaluations = projected.flatMap(({ id, before, state: after }) => {
    const due_at = after.status === 'active' ? judge.lookAt({ id, before, after }) : undefined;
    return due_at === undefined ? [] : [{ customer_id: id, due_at }];
  });
  await scheduleEvaluations(db, evaluations);
}
