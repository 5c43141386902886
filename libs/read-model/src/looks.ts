import { sql } from 'kysely';
import type { CustomerState } from '#customer';
import { isGone, type Projected, type Stored } from './projection.js';
import { type Db, perRow, remove } from './queries/statements.js';

/** A segment has to look at a customer at this time: at once when its filter and what is recorded differ. */
export interface Look {
  readonly segment_id: string;
  readonly due_at: string;
}

/** What events may mean for segments. */
export interface Judge {
  /** Before a batch: what is defined by now counts in what follows. */
  prepare(): Promise<void>;
  /** The looks that a change of a customer makes necessary; these replace what was due before. */
  looks(customer: Changed): readonly Look[];
}

export interface Changed {
  readonly id: string;
  readonly before: Pick<Stored, 'status' | 'head'>;
  readonly after: CustomerState;
  /** When the last of the events that changed it was recorded. */
  readonly recorded_at: string;
}

export const LOOK_COLUMNS = ['customer_id', 'segment_id', 'due_at', 'turn'] as const;
const names = sql.join(LOOK_COLUMNS.map((column) => sql.ref(column)));
const tuples = (count: number) => sql.join(Array.from({ length: count }, () => sql`(${''}, ${''}, ${''}, 0)`));

/** Another time for what is there already. */
const replace = perRow<never>((db, count) =>
  sql`insert into segment_looks (${names}) values ${tuples(count)} on conflict (customer_id, segment_id)
    do update set due_at = excluded.due_at, turn = segment_looks.turn + 1`.compile(db),
);

/** Whoever does not know what else is known must not put a look off. */
const hasten = perRow<never>((db, count) =>
  sql`insert into segment_looks (${names}) values ${tuples(count)} on conflict (customer_id, segment_id)
    do update set due_at = excluded.due_at, turn = segment_looks.turn + 1
    where segment_looks.due_at > excluded.due_at`.compile(db),
);

const forget = remove('segment_looks', 'customer_id');

type Rows = readonly (Look & { readonly customer_id: string })[];
const values = (looks: Rows) => looks.map(({ customer_id, segment_id, due_at }) => [customer_id, segment_id, due_at]);

export const hastenLooks = (db: Db, looks: Rows): Promise<unknown> => hasten(db, values(looks));

/** Notes what a batch of changes means for segments. */
export async function saveLooks(db: Db, projected: readonly Projected[], judge: Judge): Promise<void> {
  const gone = projected.filter(({ state, before }) => isGone(state) && !isGone(before)).map(({ id }) => [id]);
  await forget(db, gone);
  const looks = projected.flatMap(({ id, before, state, recorded_at }) =>
    state.status === 'active' && recorded_at !== undefined
      ? judge.looks({ id, before, after: state, recorded_at }).map((look) => ({ ...look, customer_id: id }))
      : [],
  );
  await replace(db, values(looks));
}
