import { sql } from 'kysely';
import {
  type EntityGroup,
  groupPrefix,
  type HeldCards,
  isCounted,
  type Need,
  orderAmount,
  orderedAt,
  type OrderEntity,
  orderStatus,
  redeemedAt,
  type RedemptionEntity,
} from '#customer';
import { type Db, lookUp, perRow, remove, single, upsert } from '../statements.js';
import type { Entity, Projected, Work } from './projection.js';
import type { Tables } from '../schema.js';

const ORDER = ['customer_id', 'order_id', 'status', 'amount', 'is_counted', 'created_at', 'source_id', 'data'] as const;
const REDEMPTION = [
  'customer_id',
  'redemption_id',
  'result',
  'created_at',
  'order_id',
  'campaign',
  'voucher_id',
  'voucher_code',
  'data',
] as const;
const ENTITY = ['customer_id', 'kind', 'entity_id', 'data'] as const;

const loadOrders = lookUp('orders', ['customer_id', 'order_id'], ['customer_id', 'order_id', 'data']);
const loadRedemptions = lookUp(
  'redemptions',
  ['customer_id', 'redemption_id'],
  ['customer_id', 'redemption_id', 'data'],
);
const loadOthers = lookUp(
  'entities',
  ['customer_id', 'kind', 'entity_id'],
  ['customer_id', 'kind', 'entity_id', 'data'],
);
const saveOrders = upsert('orders', ['customer_id', 'order_id'], ORDER);
const saveRedemptions = upsert('redemptions', ['customer_id', 'redemption_id'], REDEMPTION);
const saveOthers = upsert('entities', ['customer_id', 'kind', 'entity_id'], ENTITY);
const removals = [
  remove('orders', 'customer_id'),
  remove('redemptions', 'customer_id'),
  remove('entities', 'customer_id'),
];

type Loaded = Map<string, Entity[]>;
/** Loads the entities that the events of each customer touch, by customer id. */
export async function loadEntities(db: Db, works: readonly Pick<Work, 'id' | 'touched'>[]): Promise<Loaded> {
  const orders: unknown[][] = [];
  const redemptions: unknown[][] = [];
  const others: unknown[][] = [];
  for (const { id: customer, touched } of works) {
    for (const { kind, id } of touched) {
      if (kind === 'order') orders.push([customer, id]);
      else if (kind === 'redemption') redemptions.push([customer, id]);
      else others.push([customer, kind, id]);
    }
  }
  const loaded: Loaded = new Map(works.map(({ id }) => [id, []]));
  const keep = (customer: string, kind: string, id: string, data: string): void => {
    loaded.get(customer)?.push({ kind: kind as Entity['kind'], id, entity: JSON.parse(data) as unknown });
  };
  for (const row of await loadOrders(db, orders)) keep(row.customer_id, 'order', row.order_id, row.data);
  for (const row of await loadRedemptions(db, redemptions))
    keep(row.customer_id, 'redemption', row.redemption_id, row.data);
  for (const row of await loadOthers(db, others)) keep(row.customer_id, row.kind, row.entity_id, row.data);
  return loaded;
}

const counted = perRow<Pick<Tables['orders'], 'order_id' | 'data'>>((db) =>
  db
    .selectFrom('orders')
    .select(['order_id', 'data'])
    .where('customer_id', '=', '')
    .where(sql<boolean>`is_counted = 1`)
    .orderBy('created_at', 'desc')
    .orderBy('order_id', 'desc')
    .limit(1)
    .compile(),
);

/** The latest counted order that the batch does not touch. */
async function runnerUp(db: Db, { id, touched }: Work): Promise<Entity[]> {
  const orders = new Set(touched.filter(({ kind }) => kind === 'order').map((one) => one.id));
  const rows = await counted(db, [[id, orders.size + 1]]);
  const found = rows.find(({ order_id }) => !orders.has(order_id));
  return found ? [{ kind: 'order', id: found.order_id, entity: JSON.parse(found.data) as unknown }] : [];
}

const grouped = single<Pick<Tables['entities'], 'entity_id' | 'data'>>((db) =>
  db
    .selectFrom('entities')
    .select(['entity_id', 'data'])
    .where('customer_id', '=', '')
    .where('kind', '=', '')
    .where('entity_id', '>=', '')
    .where('entity_id', '<', '')
    .compile(),
);

/** Reads a range of the primary key: `\uffff` sorts after every id with the prefix. */
async function loadGroup(db: Db, customer: string, { kind, first }: EntityGroup): Promise<Entity[]> {
  const prefix = groupPrefix(first);
  const rows = await grouped(db, [customer, kind, prefix, `${prefix}\uffff`]);
  return rows.map(({ entity_id: id, data }) => ({ kind, id, entity: JSON.parse(data) as unknown }));
}

/** Loads an entity, a group or the last order for a fold that asks for it. */
export async function loadNeeded(db: Db, work: Work, need: Need): Promise<Entity[]> {
  if (need === 'last_order') return runnerUp(db, work);
  if ('first' in need) return loadGroup(db, work.id, need);
  return (await loadEntities(db, [{ id: work.id, touched: [need] }])).get(work.id) ?? [];
}

const ofKind = single<Pick<Tables['entities'], 'entity_id' | 'data'>>((db) =>
  db
    .selectFrom('entities')
    .select(['entity_id', 'data'])
    .where('customer_id', '=', '')
    .where('kind', '=', '')
    .compile(),
);

/** The gift and loyalty cards of a customer. */
export async function findHeldCards(db: Db, customer: string): Promise<HeldCards> {
  const load = async <Card>(kind: 'gift_card' | 'loyalty_card'): Promise<[id: string, card: Card][]> =>
    (await ofKind(db, [customer, kind])).map(({ entity_id, data }) => [entity_id, JSON.parse(data) as Card]);
  return { gift_cards: await load('gift_card'), loyalty_cards: await load('loyalty_card') };
}

/** Writes the changed entities. */
export async function saveEntities(db: Db, projected: readonly Projected[]): Promise<void> {
  const { orders, redemptions, entities } = valuesOf(projected);
  await saveOrders(db, orders);
  await saveRedemptions(db, redemptions);
  await saveOthers(db, entities);
}

function valuesOf(projected: readonly Projected[]) {
  const values = { orders: [] as unknown[][], redemptions: [] as unknown[][], entities: [] as unknown[][] };
  for (const { id: customer, changed } of projected) {
    for (const { kind, id, entity } of changed) {
      const data = JSON.stringify(entity);
      if (kind === 'order') values.orders.push(orderValues(customer, id, entity as OrderEntity, data));
      else if (kind === 'redemption')
        values.redemptions.push(redemptionValues(customer, id, entity as RedemptionEntity, data));
      else values.entities.push([customer, kind, id, data]);
    }
  }
  return values;
}

export type Row = Readonly<Record<string, unknown>>;

/** All rows of one customer. */
export interface CustomerRows {
  readonly customers: readonly Row[];
  readonly orders: readonly Row[];
  readonly redemptions: readonly Row[];
  readonly entities: readonly Row[];
  readonly activities: readonly Row[];
}

export const NO_ROWS: CustomerRows = { customers: [], orders: [], redemptions: [], entities: [], activities: [] };

export const rowOf = (columns: readonly string[], values: readonly unknown[]): Row =>
  Object.fromEntries(columns.map((column, at) => [column, values[at]]));

/** The rows that `saveEntities` writes. */
export function entityRows(projected: Projected): Pick<CustomerRows, 'orders' | 'redemptions' | 'entities'> {
  const { orders, redemptions, entities } = valuesOf([projected]);
  return {
    orders: orders.map((values) => rowOf(ORDER, values)),
    redemptions: redemptions.map((values) => rowOf(REDEMPTION, values)),
    entities: entities.map((values) => rowOf(ENTITY, values)),
  };
}

export async function removeEntities(db: Db, customers: readonly string[]): Promise<void> {
  const keys = customers.map((id) => [id]);
  for (const removal of removals) await removal(db, keys);
}

/** In the order of ORDER. */
function orderValues(customer: string, id: string, order: OrderEntity, data: string): unknown[] {
  const { source_id = null } = order.values;
  const figures = [orderStatus(order), orderAmount(order), isCounted(order) ? 1 : 0, orderedAt(order)];
  return [customer, id, ...figures, source_id, data];
}

/** In the order of REDEMPTION. */
function redemptionValues(customer: string, id: string, entity: RedemptionEntity, data: string): unknown[] {
  const { result, order, voucher } = entity.redemption?.values ?? {};
  const { id: voucher_id, code, campaign } = voucher ?? {};
  const columns = [result, redeemedAt(entity), order?.id, campaign, voucher_id, code];
  return [customer, id, ...columns.map((value) => value ?? null), data];
}
