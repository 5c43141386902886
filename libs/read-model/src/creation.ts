import { compareTexts, type CustomerEvent, type CustomerState, earlier, type Instant, statusRank } from '#customer';
import { canonical } from '#encoding';
import { type ActivityRow, type Cause, creationId, entryId, keptOf, rowOf, tieIn, tieOf } from './activity-row.js';
import type { ActivityRows, RowChange } from './activity-rows.js';
import type { ActivityType } from './activity-types.js';
import { customerSaid, happeningOf, orderSaid, type OrderStatement, type Statement } from './entries.js';

/* A customer and each of its orders have one entry about their creation, dated by the earliest statement about them. */

/** A statement's candidate for the entry about the creation of a customer or an order. */
export interface Creation extends Claim {
  readonly object: string;
  readonly type: ActivityType;
  /** The type of the entry of a statement that tells of the creation but does not win. */
  readonly type_otherwise: ActivityType;
  readonly payload: object;
  /** True when the customer or order was unknown before. */
  readonly isNew: boolean;
  /** True when the statement may change the entry. */
  readonly isConcerned: boolean;
}

/** The values that decide which statement the entry shows. */
interface Claim {
  /** True when the statement tells of the creation: the earliest such statement wins. */
  readonly is_created: boolean;
  readonly rank: number;
}

/** The statement that an entry shows. */
interface Told extends Claim {
  readonly event_id: string;
  readonly at: Instant;
}

export function creationsOf(customer_id: string, event: CustomerEvent, before: CustomerState): Creation[] {
  const customer = customerCreation(customer_id, event, before);
  const order = event.type === 'OrderPlaced' || event.type === 'OrderChanged' ? [orderCreation(event, before)] : [];
  return [...customer, ...order];
}

/** Events that follow from others, or end the customer, are no statements about the customer. */
const NO_STATEMENTS: ReadonlySet<CustomerEvent['type']> = new Set([
  'ReferralCredited',
  'ReferrerResolved',
  'SegmentEntered',
  'SegmentLeft',
  'CustomerDeleted',
  'CustomerErased',
]);

function customerCreation(customer_id: string, event: CustomerEvent, before: CustomerState): Creation[] {
  if (NO_STATEMENTS.has(event.type)) return [];
  const { occurred_at: at } = event;
  const { seen_at = at } = before.head.profile;
  const isNew = before.status !== 'active';
  const isAbout = event.type === 'CustomerCreated' || event.type === 'CustomerUpdated';
  const is_created = isAbout && saysCreated(event);
  return [
    {
      object: 'customer',
      type: 'customer.created',
      type_otherwise: 'customer.updated',
      payload: { customer: customerSaid(customer_id, event) },
      ...{ isNew, is_created, rank: 0 },
      isConcerned: is_created || at < seen_at || (isAbout && at === seen_at),
    },
  ];
}

type ProfileStatement = Extract<CustomerEvent, { type: 'CustomerCreated' | 'CustomerUpdated' }>;

/** True when the event tells of the creation. Commands, and facts of version 0.1.0, do so by the type of the event. */
const saysCreated = ({ type, data, origin }: ProfileStatement): boolean =>
  data.created ?? (type === 'CustomerCreated' && data.implicit !== true && origin?.digest === undefined);

function orderCreation(event: OrderStatement, { entities }: CustomerState): Creation {
  const { id, status } = event.data;
  const before = entities.get('order', id);
  const is_created = happeningOf(event) === 'created';
  return {
    object: `order:${id}`,
    type: 'customer.order.created',
    type_otherwise: 'customer.order.updated',
    payload: { order: orderSaid(event) },
    ...{ isNew: before === undefined, is_created, rank: statusRank(status) },
    isConcerned: is_created || before === undefined || event.occurred_at <= before.first_at,
  };
}

const rowsObject = (object: string): string => `created:${object}`;

/** The changes to the entry about a creation; `isTold` is true when it shows this statement. */
export function settleCreation(
  rows: ActivityRows,
  customer_id: string,
  creation: Creation,
  statement: Statement,
  cause: Cause,
): { readonly changes: readonly RowChange[]; readonly isTold: boolean } {
  const { isNew, isConcerned, is_created, rank, payload, type, type_otherwise } = creation;
  if (!isNew && !isConcerned) return { changes: [], isTold: false };
  const object = rowsObject(creation.object);
  const at = statement.occurred_at;
  const { event_id } = cause;
  const put = (created_at: Instant): RowChange => ({
    put: rowOf(creationId(customer_id, creation.object), { type, payload }, tieOf(statement), cause, {
      ...{ customer_id, created_at, object },
      of: { event_id, at, is_created, rank } satisfies Told,
    }),
  });
  const [row] = isNew ? [] : rows.of({ object });
  if (!row) return { changes: [put(at), { begun: object }], isTold: true };
  const created_at = earlier(row.created_at, at);
  const told = keptOf(row).of as Told;
  if (precedes(told, keptOf(row).data, { is_created, rank, at }, payload))
    return { changes: created_at === row.created_at ? [] : [{ put: { ...row, created_at } }], isTold: false };
  const former = told.is_created ? [{ put: otherwise(row, told, type_otherwise) }] : [];
  return { changes: [put(created_at), ...former], isTold: true };
}

type Said = Claim & Pick<Told, 'at'>;

/** True when `one` wins over `other`. */
function precedes(one: Said, words: object, other: Said, otherWords: object): boolean {
  if (one.is_created !== other.is_created) return one.is_created;
  if (one.at !== other.at) return one.at < other.at;
  if (one.rank !== other.rank) return one.rank < other.rank;
  return compareTexts(canonical(words), canonical(otherWords)) <= 0;
}

/** The separate entry of a statement that the entry about the creation no longer shows. */
function otherwise(row: ActivityRow, { event_id, at }: Told, type: ActivityType): ActivityRow {
  const { customer_id, group_id } = row;
  const { data, event_source } = keptOf(row);
  const cause = { event_id, group_id, event_source };
  return rowOf(entryId(event_id, 0), { type, payload: data }, tieIn(row), cause, { customer_id, created_at: at });
}
