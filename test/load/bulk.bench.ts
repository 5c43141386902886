import { setTimeout as sleep } from 'node:timers/promises';
import { KEYS, Service } from '../support/service.js';
import { median, perSecond, rate, report } from './measure.js';

const ROUNDS = 3;
const BODY_BYTES = 10_000_000;
/** Seldom: who asks takes processor time from what is measured. */
const LOOK_MS = 100;
const AUTH = { 'x-app-id': KEYS.admin.app_id, 'x-app-token': KEYS.admin.token };

/** Many customers at once: a bulk update as large as the contract allows, an import of new customers, an export of all. */
export async function bulkBench(): Promise<void> {
  const service = await Service.start();
  const updates: number[] = [];
  const imports: number[] = [];
  const exports: number[] = [];
  let total = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const { raw, count } = bulkBody(round);
    updates.push(await perSecond(count, () => action(service, '/v1/customers/bulk/async', raw, 'application/json')));
    await caughtUp(service);
    const csv = csvFile(round);
    const form = new FormData();
    form.append('file', new Blob([csv.text]), 'customers.csv');
    imports.push(await perSecond(csv.count, () => action(service, '/v1/customers/importCSV', form)));
    total += count + csv.count;
    await caughtUp(service);
    exports.push(await perSecond(total, () => exported(service)));
  }
  report('POST /v1/customers/bulk/async, 10 MB, until it is done', rate(median(updates), 'rows/s'));
  report('POST /v1/customers/importCSV, new customers, until it is done', rate(median(imports), 'rows/s'));
  report('POST /v1/exports, 10 fields, until the file is read', rate(median(exports), 'rows/s'), `${total} customers`);
  await service.discard();
}

function bulkBody(round: number): { raw: string; count: number } {
  const items: string[] = [];
  for (let bytes = 2; bytes < BODY_BYTES; bytes += (items.at(-1)?.length ?? 0) + 1) {
    const n = items.length;
    items.push(
      JSON.stringify({
        source_id: `bulk-${round}-${n}`,
        name: 'Ada Lovelace',
        email: `ada-${n}@example.test`,
        address: { city: 'London', country: 'United Kingdom' },
        metadata: { lang: 'en', vip: true },
      }),
    );
  }
  return { raw: `[${items.join(',')}]`, count: items.length };
}

function csvFile(round: number): { text: string; count: number } {
  const count = 50_000;
  const lines = Array.from(
    { length: count },
    (_, n) => `csv-${round}-${n},Ada Lovelace,ada-${n}@example.test,London,en,true`,
  );
  return { text: `Source_id,Name,Email,City,lang,vip\n${lines.join('\n')}\n`, count };
}

async function action(service: Service, path: string, body: string | FormData, type?: string): Promise<void> {
  const headers = { ...AUTH, ...(type !== undefined && { 'content-type': type }) };
  const answer = await fetch(service.url + path, { method: 'POST', headers, body });
  const { async_action_id } = (await answer.json()) as { async_action_id: string };
  for (;;) {
    const { body: found } = await service.call('GET', `/v1/async-actions/${async_action_id}`);
    if (found.status === 'DONE') return;
    if (found.status !== 'IN_PROGRESS') throw new Error(`the action ended as ${found.status}`);
    await sleep(LOOK_MS);
  }
}

async function caughtUp(service: Service): Promise<void> {
  while ((await service.call('GET', '/v1/customers?limit=1')).status !== 200) await sleep(LOOK_MS);
}

async function exported(service: Service): Promise<void> {
  const fields = [
    'id',
    'source_id',
    'name',
    'email',
    'created_at',
    'address_city',
    'metadata.lang',
    'metadata.vip',
    'orders_total_amount',
    'loyalty_points',
  ];
  const made = await service.call('POST', '/v1/exports', {
    body: { exported_object: 'customer', parameters: { fields } },
  });
  for (;;) {
    const { body } = await service.call('GET', `/v1/exports/${made.body.id}`);
    if (body.status === 'DONE') {
      await (await fetch(body.result.url as string)).arrayBuffer();
      return;
    }
    await sleep(LOOK_MS);
  }
}
