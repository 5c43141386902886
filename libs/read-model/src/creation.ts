import { compareTexts, type CustomerEvent, type CustomerState, earlier, type Instant, statusRank } from '#customer';
import { canonical } from '#encoding';
import { type ActivityRow, type Cause, creationId, entryId, keptOf, rowOf, tieIn, tieOf } from './activity-row.js';
import type { ActivityRows, RowChange } from './activity-rows.js';
import type { ActivityType } from './activity-types.js';
import { customerSaid, happeningOf, orderSaid, type OrderStatement, type Statement } from './entries.js';

/* A customer and each of its orders have one entry about their creation, dated by the earliest statement about them. */

/** What a statement means for the creation of a customer or an order. */
export interface Creation extends Claim {
  readonly object: string;
  readonly type: ActivityType;
  /** What another statement shows as that also says that it was created. */
  readonly type_otherwise: ActivityType;
  readonly payload: object;
  /** Whether nothing was known of it before. */
  readonly isNew: boolean;
  /** Whether the entry may change. */
  readonly isConcerned: boolean;
}

/** What decides whose words the entry has. */
interface Claim {
  /** Whether it says that it was created: the earliest of those is the entry. */
  readonly is_created: boolean;
  readonly rank: number;
}

/** The statement whose words an entry has. */
interface Told extends Claim {
  readonly event_id: string;
  readonly at: Instant;
}

export function creationsOf(customer_id: string, event: CustomerEvent, before: CustomerState): Creation[] {
  const customer = customerCreation(customer_id, event, before);
  const order = event.type === 'OrderPlaced' || event.type === 'OrderChanged' ? [orderCreation(event, before)] : [];
  return [...customer, ...order];
}

/** What follows from something else, and what ends everything, is no statement about the customer. */
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

/** Commands, and facts that the first version of the ledger took, tell it by the type of the event. */
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

/** What becomes of the entry about a creation, and whether it has the words of this statement. */
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

/** Whether the words of one statement stand before those of another. */
function precedes(one: Said, words: object, other: Said, otherWords: object): boolean {
  if (one.is_created !== other.is_created) return one.is_created;
  if (one.at !== other.at) return one.at < other.at;
  if (one.rank !== other.rank) return one.rank < other.rank;
  return compareTexts(canonical(words), canonical(otherWords)) <= 0;
}

/** The entry of its own of a statement that is the one about the creation no longer. */
function otherwise(row: ActivityRow, { event_id, at }: Told, type: ActivityType): ActivityRow {
  const { customer_id, group_id } = row;
  const { data, event_source } = keptOf(row);
  const cause = { event_id, group_id, event_source };
  return rowOf(entryId(event_id, 0), { type, payload: data }, tieIn(row), cause, { customer_id, created_at: at });
}
