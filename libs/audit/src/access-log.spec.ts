import { expect, test } from '@jest/globals';
import { MemoryEventStore } from '#event-store';
import { type AccessEntry, type AccessFilter, AccessLog, type AccessPlace } from './access-log.js';

const now = (): string => '2026-01-01T00:00:00.000000000Z';
const access = (n: number, key = 'auditor') => ({
  customer_id: `cust_${n % 3}`,
  call: 'GET /v1/customers/:ref/history',
  query: { limit: String(n) },
  request_id: `v-${n}`,
  actor: { channel: 'API', key },
});
const all = async (
  log: AccessLog,
  place: Partial<AccessPlace> = {},
  filter: AccessFilter = {},
): Promise<AccessEntry[]> => {
  const found: AccessEntry[] = [];
  for await (const entry of log.entries({ order: 'revision', ...place }, filter)) found.push(entry);
  return found;
};

test('records concurrent accesses of several instances in one chain', async () => {
  const store = new MemoryEventStore();
  const instances = [1, 2, 3].map(() => new AccessLog(store, now));
  await Promise.all(
    instances.flatMap((log, i) => Array.from({ length: 100 }, (_, n) => log.record(access(3 * n + i)))),
  );
  const [log] = instances as [AccessLog];
  const entries = await all(log);
  expect(new Set(entries.map(({ request_id }) => request_id)).size).toBe(300);
  expect(entries[7]).toMatchObject({ object: 'access', revision: 7, actor: { key: 'auditor' }, recorded_at: now() });
  expect(await log.verify()).toMatchObject({ valid: true, events: 300, head: { revision: 299 } });
});

test('appends at the end without reading the log', async () => {
  const store = new MemoryEventStore();
  const first = new AccessLog(store, now);
  for (let n = 0; n < 20; n++) await first.record(access(n));
  let read = 0;
  const plain = store.read.bind(store);
  store.read = async function* (...asked) {
    for await (const event of plain(...asked)) {
      read += 1;
      yield event;
    }
  };
  await new AccessLog(store, now).record(access(20));
  expect(read).toBe(1);
  expect(await first.verify()).toMatchObject({ valid: true, events: 21 });
});

test('reads in both directions, from any place, with filters', async () => {
  const log = new AccessLog(new MemoryEventStore(), now);
  for (let n = 0; n < 9; n++) await log.record(access(n, n < 4 ? 'auditor' : 'support'));
  const revisions = async (place: Partial<AccessPlace>, filter: AccessFilter = {}) =>
    (await all(log, place, filter)).map(({ revision }) => revision);
  expect(await revisions({ order: '-revision', starting_after: '3' })).toEqual([2, 1, 0]);
  expect(await revisions({ order: '-revision', starting_after: '0' })).toEqual([]);
  expect(await revisions({ starting_after: '6' })).toEqual([7, 8]);
  expect(await revisions({}, { customer_id: 'cust_1' })).toEqual([1, 4, 7]);
  expect(await revisions({}, { key: 'support', customer_id: 'cust_0' })).toEqual([6]);
  expect(await revisions({}, { from: '2026-01-02T00:00:00.000Z' })).toEqual([]);
  expect(await revisions({}, { call: 'GET /elsewhere' })).toEqual([]);
});
