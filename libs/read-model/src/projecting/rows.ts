import { type CustomerDocument, type CustomerState, datesOf, toDocument } from '#customer';
import { removeActivities, saveActivities } from './activity-store.js';
import { type CustomerRows, entityRows, NO_ROWS, removeEntities, rowOf, saveEntities } from './entities.js';
import { headOf } from '../heads.js';
import { isGone, noCustomer, type Projected, type Stored } from './projection.js';
import { ACTIVE_CUSTOMERS, searchKey } from '../queries/customer.js';
import { type Db, lookUp, remove, upsert } from '../statements.js';

const KEYS = ['source_id', 'email_key', 'name_key', 'city_key', 'created_at'] as const;
const CHANGING = ['changed_at', 'revision', 'position', 'head', 'document'] as const;

const loadCustomers = lookUp('customers', ['id'], ['id', 'status', 'head', 'revision', 'position']);
const CUSTOMER = ['id', 'status', ...CHANGING, ...KEYS] as const;
const saveCustomers = upsert('customers', ['id'], CUSTOMER);
const moveCustomers = upsert('customers', ['id'], ['id', 'status', ...CHANGING], CHANGING);
const removeCustomers = remove('customers', 'id');

/** Loads the customers with these ids; the initial state for ids that are not stored. */
export async function loadStored(db: Db, ids: readonly string[]): Promise<Map<string, Stored>> {
  const stored = new Map<string, Stored>(ids.map((id) => [id, noCustomer]));
  const rows = await loadCustomers(
    db,
    ids.map((id) => [id]),
  );
  for (const { id, status, head, revision, position } of rows) {
    stored.set(id, { status, head: headOf(head), revision, position: BigInt(position) });
  }
  return stored;
}

/** Writes the changes of a batch to its customers. */
export async function saveProjected(db: Db, projected: readonly Projected[]): Promise<void> {
  const here = projected.filter(({ state }) => !isGone(state));
  const leaving = projected.filter(({ state, before }) => isGone(state) && !isGone(before)).map(({ id }) => id);
  await removeTraces(db, leaving);
  await writeCustomers(db, projected);
  await saveEntities(db, here);
  await saveActivities(
    db,
    here.map(({ activities }) => activities),
  );
  await count(
    db,
    projected.reduce((sum, { before, state }) => sum + listed(state) - listed(before), 0),
  );
}

/** Deletes all rows of a customer. */
export async function removeCustomer(db: Db, id: string): Promise<void> {
  const before = (await loadStored(db, [id])).get(id) ?? noCustomer;
  await removeTraces(db, [id]);
  await removeCustomers(db, [[id]]);
  await count(db, -listed(before));
}

async function removeTraces(db: Db, ids: readonly string[]): Promise<void> {
  await removeEntities(db, ids);
  await removeActivities(db, ids);
}

const listed = ({ status }: { readonly status: Stored['status'] }): number => (status === 'active' ? 1 : 0);

async function count(db: Db, change: number): Promise<void> {
  if (change === 0) return;
  await db
    .updateTable('counters')
    .set((row) => ({ value: row('value', '+', change) }))
    .where('name', '=', ACTIVE_CUSTOMERS)
    .execute();
}

async function writeCustomers(db: Db, projected: readonly Projected[]): Promise<void> {
  const saved: unknown[][] = [];
  const moved: unknown[][] = [];
  for (const one of projected) {
    const { before, state } = one;
    const { values, keys } = customerValues(one);
    // the list keys come from the profile alone: each has an index, and they change seldom
    if (state.status === before.status && state.head.profile === before.head.profile) moved.push(values);
    else saved.push([...values, ...keys]);
  }
  await saveCustomers(db, saved);
  await moveCustomers(db, moved);
}

/** The values of a row in the order of its columns, with the list keys apart. */
function customerValues({ id, state, revision, position }: Projected): { values: unknown[]; keys: unknown[] } {
  // a deleted or erased customer keeps nothing but the status
  const head = JSON.stringify(isGone(state) ? noCustomer.head : state.head);
  const { keys, changed_at, document } = state.status === 'active' ? shownOf(id, state) : NOT_SHOWN;
  return { values: [id, state.status, changed_at, revision, String(position), head, document], keys };
}

/** The rows that the customer would have in empty tables. */
export function rowsOf(projected: Projected): CustomerRows {
  const { values, keys } = customerValues(projected);
  const customers = [rowOf(CUSTOMER, [...values, ...keys])];
  if (isGone(projected.state)) return { ...NO_ROWS, customers };
  return { customers, ...entityRows(projected), activities: projected.activities.added.map((row) => ({ ...row })) };
}

const NOT_SHOWN = { keys: KEYS.map(() => null), changed_at: null, document: null };

function shownOf(id: string, state: CustomerState) {
  const document = toDocument(id, state);
  const { source_id, email, name, address } = document as CustomerDocument & Shown;
  const { created_at = null, updated_at = created_at } = datesOf(state.head);
  const keys = [source_id ?? null, key(email), key(name), key(address?.city), created_at];
  return { keys, changed_at: updated_at, document: JSON.stringify(document) };
}

interface Shown {
  readonly source_id?: string;
  readonly email?: string;
  readonly name?: string;
  readonly address: { readonly city?: unknown } | null;
}

const key = (value: unknown): string | null => (typeof value === 'string' ? searchKey(value) : null);
