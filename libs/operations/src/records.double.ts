import type { Operations } from './operations.js';

const AT = '2026-03-01T10:00:00.000Z';
const LATER = '2999-01-01T00:00:00.000Z';

/** A finished job of each kind with its output, and one that is under way. */
export async function addJobs({ jobs }: Operations, name = 'Ada'): Promise<void> {
  const asked = { app_id: 'app', request_id: 'v-1', created_at: AT, expires_at: LATER, parameters: {} };
  for (const kind of ['action', 'export'] as const) {
    for (const state of ['done', 'open'] as const) {
      const id = `${kind}-${state}`;
      await jobs.receive({ ...asked, id, kind, type: 'T' });
      await jobs.addInput(id, 0, `["${name} goes in"]`);
      await jobs.addInput(id, 1, `["${name} waits"]`);
      await jobs.open(id, 2, { of: name });
      const job = await jobs.find(kind, id);
      // the next claim may come within the same millisecond
      const others = ['action-open', 'export-open'].filter((one) => one !== id);
      const [lease] = await jobs.queue({ instance: id, lease_ms: -1 }).claim(1, others);
      const step = { rows: 1, failed: 0, output: `${name}\n`, progress: { seen: name }, state };
      if (job && lease) await jobs.note(job, lease, step);
    }
  }
}

/** A webhook with a delivery that waits, and a metadata schema. */
export async function addOthers({ webhooks, deliveries, schemas, db }: Operations): Promise<void> {
  const { id: webhook_id } = await webhooks.add({
    ...{ target_url: 'https://x.org/', events: ['customer.created'], secret: 's', since: 7n, created_at: AT },
  });
  const news = { news_id: 'evcus_1', type: 'customer.created', customer_id: 'cust_1', revision: 1 };
  await db
    .transaction()
    .execute((tx) => deliveries.add(tx, [{ ...news, id: 'whs_1', webhook_id, position: 9n, part: 0 }], AT));
  await schemas.put('customer', '{}', AT);
}

export const RECORDS = ['jobs', 'job_parts', 'metadata_schemas', 'webhooks', 'webhook_deliveries'] as const;

/** All rows, sorted; without tokens, which the former version did not have. */
export async function records({ db }: Operations): Promise<Record<string, string[]>> {
  const all = RECORDS.map(async (table) => {
    const rows = await db.selectFrom(table).selectAll().execute();
    return [table, rows.map(textOf).sort()] as const;
  });
  return Object.fromEntries(await Promise.all(all));
}

const textOf = (row: object): string =>
  JSON.stringify(
    Object.entries(row)
      .filter(([name]) => name !== 'token')
      .sort(),
  );
