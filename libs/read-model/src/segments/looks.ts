import { sql } from 'kysely';
import type { ChangedCustomer } from '#segment';
import { isGone, type Projected } from '../projecting/projection.js';
import { type Db, perRow, remove } from '../statements.js';

/** What events may mean for segments. */
export interface Judge {
  /** Before a batch: what is defined by now counts in what follows. */
  prepare(): Promise<void>;
  /** When segments have to look at a customer because of a change: at once where one is wrong about it; undefined for never. */
  lookAt(customer: ChangedCustomer): string | undefined;
}

/** A customer to be looked at, at a time. */
export interface Look {
  readonly customer_id: string;
  readonly due_at: string;
}

/** A look too many does no harm, so the earliest time that anybody asked for counts. */
const ask = perRow<never>((db, count) =>
  sql`insert into segment_looks (customer_id, due_at, turn)
    values ${sql.join(Array.from({ length: count }, () => sql`(${''}, ${''}, 0)`))} on conflict (customer_id) do update
    set due_at = case when segment_looks.due_at < excluded.due_at then segment_looks.due_at else excluded.due_at end,
      turn = segment_looks.turn + 1`.compile(db),
);

const forget = remove('segment_looks', 'customer_id');

/** Before any time: it is due already. */
const AT_ONCE = '';

/** Looks at customers whose rows were not what the events say: what that meant for segments, nobody has seen. */
export const lookAgain = (db: Db, customers: readonly string[]): Promise<unknown> =>
  askForLooks(
    db,
    customers.map((customer_id) => ({ customer_id, due_at: AT_ONCE })),
  );

export const askForLooks = (db: Db, looks: readonly Look[]): Promise<unknown> =>
  ask(
    db,
    inTurn(looks).map(({ customer_id, due_at }) => [customer_id, due_at]),
  );

/** In the one order in which looks are written, so that two who write the same ones never wait for each other. */
export const inTurn = <L extends Look>(looks: readonly L[]): L[] =>
  [...looks].sort((one, other) => (one.customer_id < other.customer_id ? -1 : 1));

/** Notes what a batch of changes means for segments. */
export async function saveLooks(db: Db, projected: readonly Projected[], judge: Judge): Promise<void> {
  const gone = projected.filter(({ state, before }) => isGone(state) && !isGone(before)).map(({ id }) => [id]);
  await forget(db, gone);
  const looks = projected.flatMap(({ id, before, state: after }) => {
    const due_at = after.status === 'active' ? judge.lookAt({ id, before, after }) : undefined;
    return due_at === undefined ? [] : [{ customer_id: id, due_at }];
  });
  await askForLooks(db, looks);
}
