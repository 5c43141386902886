import { activityId, type Cause, type Claim, type Creation, creationId, type Statement } from '#activity';
import { compareTexts, earlier, type Instant } from '#customer';
import { canonical } from '#encoding';
import { type ActivityRow, keptOf, rowOf, tieIn, tieOf } from './activity-row.js';
import type { ActivityRows, RowChange } from './activity-rows.js';

/** The statement whose payload a row about a creation has. */
interface Winner extends Claim {
  readonly event_id: string;
  readonly at: Instant;
}

const rowsObject = (object: string): string => `created:${object}`;

/** Changes the row about a creation; `isShown` when it has the payload of this statement. */
export function mergeCreation(
  rows: ActivityRows,
  customer_id: string,
  creation: Creation,
  statement: Statement,
  cause: Cause,
): { readonly changes: readonly RowChange[]; readonly isShown: boolean } {
  const { isNew, isConcerned, is_created, rank, payload, type, type_otherwise } = creation;
  if (!isNew && !isConcerned) return { changes: [], isShown: false };
  const object = rowsObject(creation.object);
  const at = statement.occurred_at;
  const { event_id } = cause;
  const put = (created_at: Instant): RowChange => ({
    put: rowOf(creationId(customer_id, creation.object), { type, payload }, tieOf(statement), cause, {
      ...{ customer_id, created_at, object },
      of: { event_id, at, is_created, rank } satisfies Winner,
    }),
  });
  const [row] = isNew ? [] : rows.of({ object });
  if (!row) return { changes: [put(at), { begun: object }], isShown: true };
  const created_at = earlier(row.created_at, at);
  const winner = keptOf(row).of as Winner;
  if (precedes(winner, keptOf(row).data, { is_created, rank, at }, payload))
    return { changes: created_at === row.created_at ? [] : [{ put: { ...row, created_at } }], isShown: false };
  const former = winner.is_created ? [{ put: otherwise(row, winner, type_otherwise) }] : [];
  return { changes: [put(created_at), ...former], isShown: true };
}

type Dated = Claim & Pick<Winner, 'at'>;

/** True when `one` wins over `other`. */
function precedes(one: Dated, payload: object, other: Dated, otherPayload: object): boolean {
  if (one.is_created !== other.is_created) return one.is_created;
  if (one.at !== other.at) return one.at < other.at;
  if (one.rank !== other.rank) return one.rank < other.rank;
  return compareTexts(canonical(payload), canonical(otherPayload)) <= 0;
}

/** The separate entry of a statement that the entry about the creation no longer shows. */
function otherwise(row: ActivityRow, { event_id, at }: Winner, type: Creation['type']): ActivityRow {
  const { customer_id, group_id } = row;
  const { data, event_source } = keptOf(row);
  const cause = { event_id, group_id, event_source };
  return rowOf(activityId(event_id, 0), { type, payload: data }, tieIn(row), cause, { customer_id, created_at: at });
}
