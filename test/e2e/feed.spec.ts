import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { collectFeed, type StreamedEvent } from '../support/event-stream.js';
import { fact } from '../support/facts.js';
import { type Answer, KEYS, Service } from '../support/service.js';

let service: Service;
beforeAll(async () => {
  service = await Service.start({ env: { FEED_CLIENTS_MAX: '2' } });
});
afterAll(() => service.discard());

const day = (n: number): string => new Date(Date.UTC(2026, 0, 1 + n)).toISOString();
const customerOf = async (source_id: string): Promise<Answer['body']> =>
  (await service.call('GET', `/v1/customers/${source_id}`)).body;
const typesOf = (events: readonly StreamedEvent[]): string[] => events.map(({ type }) => type);

test('both feeds tell what happened, in order, without gaps, and go on after any id', async () => {
  const orders = Array.from({ length: 6 }, (_, n) =>
    fact('order.paid', day(n), { id: `o${n}`, amount: 100 * n, customer: { source_id: n % 2 ? 'odd' : 'even' } }),
  );
  await service.facts(orders, KEYS.admin);
  await service.facts([fact('customer.updated', day(9), { source_id: 'odd', name: 'Ada' })], KEYS.admin);
  const all = await collectFeed(service, '/v1/feed/events', (seen) => seen.at(-1)?.type === 'customer.updated');
  expect(typesOf(all).sort()).toEqual(
    [
      ...['customer.created', 'customer.created', 'customer.updated'],
      ...orders.flatMap(() => ['customer.order.created', 'customer.order.paid']),
    ].sort(),
  );
  const odd = await customerOf('odd');
  const own = all.filter(({ data }) => data.subject === odd.id);
  const revisions = [...new Set(own.map(({ data }) => Number(data.streamrevision)))];
  expect(revisions).toEqual(revisions.map((_, index) => index));
  expect(own.at(-1)?.data.data.customer).toEqual(withoutAssets(odd));
  expect(new Set(all.map(({ data }) => data.id)).size).toBe(all.length);

  const middle = all.findIndex(({ id }, index) => id !== undefined && index >= 5);
  const rest = await collectFeed(
    service,
    '/v1/feed/events',
    (seen) => seen.at(-1)?.type === 'customer.updated',
    all[middle]?.id,
  );
  expect(rest).toEqual(all.slice(middle + 1));

  const customers = await collectFeed(service, '/v1/feed/customers', (seen) => seen.at(-1)?.data.data?.name === 'Ada');
  const last = new Map(customers.map(({ data }) => [data.subject, data.data]));
  expect(last.get(odd.id)).toEqual(withoutAssets(odd));
  const even = await customerOf('even');
  expect(last.get(even.id)).toEqual(withoutAssets(even));
});

test('a deletion and an erasure are told, and leave nothing but that', async () => {
  await service.call('POST', '/v1/customers', { body: { source_id: 'gone', name: 'Grace' } });
  await service.call('POST', '/v1/customers', { body: { source_id: 'lost', name: 'Marie' } });
  const [gone, lost] = [await customerOf('gone'), await customerOf('lost')];
  await service.call('DELETE', `/v1/customers/${gone.id}`);
  const erased = await service.call('POST', `/v1/customers/${lost.id}/permanent-deletion`);
  expect(erased.status).toBe(200);
  const isGone = (seen: readonly StreamedEvent[]) =>
    seen.filter(({ type }) => type === 'customer.deleted').length === 2;
  const events = await collectFeed(service, '/v1/feed/events', isGone);
  const told = events.filter(({ type }) => type === 'customer.deleted').map(({ data }) => data.data.customer);
  expect(told[0]).toMatchObject({ id: gone.id, name: 'Grace' });
  expect(told[1]).toEqual({ id: lost.id, object: 'customer' });
  expect(JSON.stringify(events)).not.toContain('Marie');
  const isOver = (seen: readonly StreamedEvent[]) =>
    seen.filter(({ type }) => type === 'customer.tombstone').length === 2;
  const customers = await collectFeed(service, '/v1/feed/customers', isOver);
  expect(JSON.stringify(customers)).not.toContain('Marie');
});

test('bad places are refused, and so is one follower too many', async () => {
  const refused = async (path: string, headers = {}) =>
    (await service.call('GET', path, { key: KEYS.read, headers })).status;
  expect(await refused('/v1/feed/events?after=x')).toBe(400);
  expect(await refused('/v1/feed/events?after=99999999999')).toBe(400);
  expect(await refused('/v1/feed/customers', { 'last-event-id': 'no' })).toBe(400);
  expect((await service.call('GET', '/v1/feed/events', { key: KEYS.ingest })).status).toBe(403);
  const leave = new AbortController();
  const open = [1, 2].map(() =>
    fetch(`${service.url}/v1/feed/events`, {
      headers: { 'x-app-id': KEYS.read.app_id, 'x-app-token': KEYS.read.token },
      signal: leave.signal,
    }),
  );
  await Promise.all(open);
  expect(await refused('/v1/feed/events')).toBe(429);
  await service.stop();
  leave.abort();
});

function withoutAssets({ assets: _, ...customer }: Answer['body']): object {
  return customer;
}
