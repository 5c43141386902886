import { expect } from '@jest/globals';
import { ended } from './async-action.js';
import { linkOf } from './cockpit.js';
import { shownAt } from './said.js';
import { type Answer, KEYS, type Service } from './service.js';

const ORIGIN = 'https://shop.example';
const CLIENT = { 'x-client-application-id': 'shop-client', 'x-client-token': 'secret' };

/** The settings that a service needs for all of them. */
export const WAYS_ENV = {
  COCKPIT_URL: 'https://shop.example/my/account',
  CLIENT_KEYS: `${CLIENT['x-client-application-id']}:${CLIENT['x-client-token']}`,
  CLIENT_ORIGINS: ORIGIN,
  CLIENT_CUSTOMERS: 'on',
  TRUSTED_PROXIES: '127.0.0.1',
  // keys look at what others wrote
  READ_CONSISTENCY: 'store',
};

export const orderOf = (source_id: string): string => `order-${source_id}`;

interface Way {
  readonly name: string;
  /** Resolves when it is done; throws when it was not acknowledged. */
  write(service: Service, source_id: string): Promise<void>;
  /** Where and as what it is to be read afterwards. */
  readonly of: 'customer' | 'order';
  readonly path: string;
  readonly value: string | number | boolean;
}

const NAME = { of: 'customer', path: 'name', value: 'Bob' } as const;
const NEWS = { of: 'customer', path: 'system_metadata.consents.news.value', value: false } as const;
const STATUS = { of: 'order', path: 'status', value: 'CANCELED' } as const;
const METADATA = { of: 'customer', path: 'metadata.tier', value: 'new' } as const;

/** Every way to change what `before` says, after which something else is to be read. */
export const WAYS: readonly Way[] = [
  {
    name: 'PUT of a customer',
    ...NAME,
    write: async (service, source_id) => {
      const answer = await service.call('PUT', `/v1/customers/${source_id}`, { body: { name: 'Bob' } });
      done(answer, { name: 'Bob' });
    },
  },
  {
    name: 'POST of a customer',
    ...NAME,
    write: async (service, source_id) =>
      done(await service.call('POST', '/v1/customers', { body: { source_id, name: 'Bob' } }), { name: 'Bob' }),
  },
  {
    name: 'PUT of consents',
    ...NEWS,
    write: async (service, source_id) =>
      done(await service.call('PUT', `/v1/customers/${source_id}/consents`, { body: { news: false } })),
  },
  {
    name: 'PUT of unsubscribed',
    ...NEWS,
    write: async (service, source_id) =>
      done(await service.call('PUT', `/v1/customers/${source_id}/consents`, { body: { unsubscribed: true } })),
  },
  {
    name: 'PUT of an order',
    ...STATUS,
    write: async (service, source_id) => {
      const answer = await service.call('PUT', `/v1/orders/${orderOf(source_id)}`, { body: { status: 'CANCELED' } });
      done(answer, { status: 'CANCELED' });
    },
  },
  {
    name: 'POST of an order',
    ...STATUS,
    write: async (service, source_id) => {
      const answer = await service.call('POST', '/v1/orders', { body: canceled(source_id) });
      done(answer, { status: 'CANCELED' });
    },
  },
  {
    name: 'import of orders',
    ...STATUS,
    write: async (service, source_id) => {
      const answer = await service.call('POST', '/v1/orders/import', { body: [canceled(source_id)] });
      done(answer, { result: { done_count: 1 } });
    },
  },
  {
    name: 'bulk update',
    ...NAME,
    write: async (service, source_id) => {
      const body = [{ source_id, name: 'Bob' }];
      await acted(service, await service.call('POST', '/v1/customers/bulk/async', { body }));
    },
  },
  {
    name: 'bulk update of metadata',
    ...METADATA,
    write: async (service, source_id) => {
      const body = { source_ids: [source_id], metadata: { tier: 'new' } };
      await acted(service, await service.call('POST', '/v1/customers/metadata/async', { body }));
    },
  },
  {
    name: 'import of a CSV file',
    ...NAME,
    write: async (service, source_id) => {
      const form = new FormData();
      form.append('file', new Blob([`Source_id,Name\n${source_id},Bob\n`], { type: 'text/csv' }), 'customers.csv');
      const headers = { 'x-app-id': KEYS.write.app_id, 'x-app-token': KEYS.write.token };
      const url = `${service.url}/v1/customers/importCSV`;
      const answer = await fetch(url, { method: 'POST', headers, body: form });
      await acted(service, { body: await answer.json() });
    },
  },
  {
    name: 'cockpit',
    ...NEWS,
    write: async (service, source_id) => {
      const { body } = await service.call('GET', `/v1/customers/${source_id}`);
      const query = await linkOf(service, body.id as string);
      const { text } = await service.call('GET', `/cockpit${query}`, { key: null });
      const form = text.split('<form').find((part) => part.includes('value="news"')) ?? '';
      const fields = [...form.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]);
      const answer = await fetch(`${service.url}/cockpit${query}`, {
        method: 'POST',
        body: new URLSearchParams(Object.fromEntries(fields) as Record<string, string>),
        headers: { 'sec-fetch-site': 'same-origin' },
        redirect: 'manual',
      });
      if (answer.status !== 303) throw new Error(`the cockpit answered ${answer.status}`);
    },
  },
  {
    name: 'consents of the client side',
    ...NEWS,
    write: async (service, source_id) =>
      done(await clientSide(service, 'PUT', `/customers/${source_id}/consents`, { news: false })),
  },
  {
    name: 'customers of the client side',
    ...NAME,
    write: async (service, source_id) =>
      done(await clientSide(service, 'POST', '/customers', { source_id, name: 'Bob' })),
  },
];

/** Writes at one service and reads at another, or the same one. */
export async function writesAndReads(way: Way, source_id: string, service: Service, reader = service): Promise<void> {
  await way.write(service, source_id);
  const path = way.of === 'order' ? `orders/${orderOf(source_id)}` : `customers/${source_id}`;
  const { body } = await reader.call('GET', `/v1/${path}`);
  expect(shownAt(body, way.path)).toBe(way.value);
}

/** Commands about a customer and an order that come before. */
export async function before(service: Service, source_id: string): Promise<void> {
  const body = { source_id, name: 'Alice', metadata: { tier: 'old' } };
  done(await service.call('POST', '/v1/customers', { body }));
  done(await service.call('PUT', `/v1/customers/${source_id}/consents`, { body: { news: true } }));
  const order = { id: orderOf(source_id), amount: 100, status: 'PAID', customer: { source_id } };
  done(await service.call('POST', '/v1/orders', { body: order }));
}

const canceled = (source_id: string): object => ({
  id: orderOf(source_id),
  amount: 100,
  status: 'CANCELED',
  customer: { source_id },
});

let addresses = 0;

/** As a browser of its own would: one address may not call often. */
const clientSide = (service: Service, method: string, path: string, body: object): Promise<Answer> =>
  service.call(method, `/client/v1${path}`, {
    key: null,
    body,
    headers: { origin: ORIGIN, ...CLIENT, 'x-forwarded-for': `10.0.0.${++addresses}` },
  });

function done(answer: Answer, shown: object = {}): void {
  if (answer.status >= 300) throw new Error(answer.text);
  expect(answer.status === 204 ? {} : answer.body).toMatchObject(shown);
}

async function acted(service: Service, { body }: Pick<Answer, 'body'>): Promise<void> {
  const action = await ended(service, body.async_action_id as string);
  expect(action.body).toMatchObject({ status: 'DONE', result: { done_count: 1 } });
}
