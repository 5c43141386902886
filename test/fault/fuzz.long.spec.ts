import { Agent, request } from 'node:http';
import { expect, test } from '@jest/globals';
import { COCKPIT_ENV, linkOf } from '../support/cockpit.js';
import { random } from '../support/random.js';
import { KEYS, Service } from '../support/service.js';

const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 100_000);
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const CONCURRENT = 24;
const ANSWER_MS_MAX = 20_000;
const GROWTH_BYTES_MAX = 250 * 1024 * 1024;

/* The service refuses bodies that no client means to send in the contract's form, quickly, and keeps nothing of them. */

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'];
const PATHS = [
  'customers',
  'customers/~',
  'customers/~/activity',
  'customers/~/activities',
  'customers/~/consents',
  'customers/~/segments',
  'customers/~/segments/~/why',
  'customers/~/history',
  'customers/~/diff',
  'customers/~/explain',
  'customers/~/redeemables',
  'customers/bulk/async',
  'customers/metadata/async',
  'customers/importCSV',
  'async-actions',
  'async-actions/~',
  'exports',
  'exports/~',
  'segments',
  'segments/~',
  'segments/~/activities',
  'segments/preview',
  'validation-rules',
  'validation-rules/~',
  'validation-rules/~/check',
  'orders',
  'orders/~',
  'orders/import',
  'redemptions',
  'redemptions/~',
  'events',
  'consents',
  'consents/~',
  'consents/groups',
  'metadata-schemas',
  'metadata-schemas/~',
  'webhooks',
  'webhooks/~',
  'webhooks/~/deliveries',
  'facts',
  'access-log',
  'rebuilds/~',
  'nothing',
];
const KEYS_SAID = [
  'name',
  'source_id',
  'id',
  'metadata',
  'address',
  'filter',
  'junction',
  'conditions',
  '$is',
  '$in',
  '$more_than',
  '$after',
  'customers',
  'type',
  'rules',
  'logic',
  '1',
  'customer',
  'event',
  'amount',
  'items',
  'status',
  'url',
  'events',
  '__proto__',
  'constructor',
  'toString',
  'summary.orders.total_amount',
  'metadata.x',
  'events.a.count',
  'loyalty_points.campaigns.x.points',
  'fields',
  'parameters',
  'exported_object',
  'order',
  'birthdate',
  'created_at',
  'specversion',
  'source',
  'time',
  'data',
  'datacontenttype',
  'limit',
  'page',
  'record',
  '',
];
const SCALARS: readonly unknown[] = [
  '',
  'x',
  'Ada',
  'and',
  'or',
  'auto-update',
  'static',
  'customer',
  'order.paid',
  '2026-01-01',
  '2026-13-45',
  '1.0',
  'cust_x',
  '\u0000',
  '\ud800',
  '😀'.repeat(80),
  'a'.repeat(300),
  'a'.repeat(20_000),
  "'; drop table customers; --",
  '../../etc/passwd',
  '%00',
  '<script>',
  '=1+1',
  '${7*7}',
  0,
  -1,
  1,
  1e308,
  -0,
  1.5,
  9_007_199_254_740_993,
  true,
  false,
  null,
];
const RAW = [
  '',
  '{',
  '[',
  '[[[[[[[[',
  '{"a":',
  'null',
  '"x"',
  '[]',
  '{}',
  '[{}]',
  '{"__proto__":{"x":1}}',
  '{"a":1,"a":2}',
  '\ufeff{}',
  'a,b\n1,2\n',
];
const TYPES = [
  'application/json',
  'application/json',
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
  'text/plain',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'application/x-www-form-urlencoded',
  '',
];
const SIDES = [...Array<string>(17).fill('v1'), 'client/v1', 'client/v1', 'cockpit'];
const CLIENT_ENV = {
  CLIENT_KEYS: 'c:t',
  CLIENT_ORIGINS: 'https://shop.example',
  CLIENT_CUSTOMERS: 'on',
  TRUSTED_PROXIES: '127.0.0.1',
};
const CLIENT = { 'x-client-application-id': 'c', 'x-client-token': 't', origin: 'https://shop.example' };
const REFS = ['ada', 'cust_x', '%00', '%F0%9F%98%80', '..%2f', '__proto__', 'a'.repeat(300), '%zz', 'seg_1', "'"];

test(`${REQUESTS} random and hostile requests: no 5xx, no hang, errors in the contract's form, memory as before (SEED=${SEED})`, async () => {
  const service = await Service.start({
    env: { ...COCKPIT_ENV, ...CLIENT_ENV, LOG_LEVEL: 'fatal' },
  });
  const { body: ada } = await service.call('POST', '/v1/customers', { body: { source_id: 'ada', name: 'Ada' } });
  const link = await linkOf(service, ada.id as string);
  const next = random(SEED);
  const die = (sides: number): number => Math.floor(next() * sides);
  const one = <T>(of: readonly T[]): T => of[die(of.length)] as T;
  const value = (depth: number): unknown => {
    const kind = die(depth > 3 ? 2 : 4);
    if (kind === 3) return Array.from({ length: die(4) }, () => value(depth + 1));
    return kind === 2
      ? Object.fromEntries(Array.from({ length: die(5) }, () => [one(KEYS_SAID), value(depth + 1)]))
      : one(SCALARS);
  };
  const csv = (): string => {
    const lines = Array.from({ length: die(6) }, () =>
      Array.from({ length: die(5) }, () =>
        one(['"', 'Source_id', 'Name', 'a,b', '"x', 'é', '\r', String(one(SCALARS)).slice(0, 50)]),
      ).join(','),
    );
    return `--x\r\nContent-Disposition: form-data; name="file"; filename="c.csv"\r\nContent-Type: text/csv\r\n\r\n${lines.join('\n')}\r\n--x--\r\n`;
  };
  const body = (): string => {
    const kind = die(10);
    if (kind === 0) return one(RAW);
    return kind === 1 ? csv() : JSON.stringify(die(5) === 0 ? [value(1), value(1)] : value(0));
  };
  const query = (): string =>
    Array.from(
      { length: die(4) },
      () =>
        `${encodeURIComponent(one([...KEYS_SAID, 'created_at[before]', 'filters[name]', 'as_of', 'starting_after', 'segment_id', 'path']))}=${encodeURIComponent(String(one(SCALARS)).replaceAll('\ud800', '').slice(0, 300))}`,
    ).join('&');

  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENT });
  const send = (
    method: string,
    path: string,
    headers: Record<string, string>,
    payload: string,
  ): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const target = new URL(service.url);
      const sent = request(
        { host: target.hostname, port: target.port, method, path, headers, agent, timeout: ANSWER_MS_MAX },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part: Buffer) => parts.push(part));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
          answer.on('error', reject);
        },
      );
      sent.on('timeout', () => sent.destroy(new Error(`no answer: ${method} ${path}`)));
      sent.on('error', reject);
      sent.end(payload);
    });

  const wrong: string[] = [];
  const seen = new Map<number, number>();
  let count = 0;
  const rss = async (): Promise<number> => {
    const { text } = await service.call('GET', '/metrics');
    return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]);
  };
  const sender = async (until: number): Promise<void> => {
    while (count < until && wrong.length < 5) {
      count += 1;
      const method = one(METHODS);
      const side = one(SIDES);
      const path =
        side === 'cockpit'
          ? `/cockpit${one([link, '?token=x', '?'])}&${query()}`
          : `/${side}/${one(PATHS).replaceAll('~', () => one(REFS))}?${query()}`;
      const payload = method === 'GET' || die(15) === 0 ? '' : body();
      const type = payload.startsWith('--x') ? 'multipart/form-data; boundary=x' : one(TYPES);
      const headers = {
        'x-app-id': KEYS.admin.app_id,
        'x-app-token': KEYS.admin.token,
        ...CLIENT,
        // each address is heard a few times only
        'x-forwarded-for': `10.${die(256)}.${die(256)}.${die(256)}`,
        'content-type': type,
        'content-length': String(Buffer.byteLength(payload)),
      };
      try {
        const { status, text } = await send(method, path, headers, payload);
        seen.set(status, (seen.get(status) ?? 0) + 1);
        if (status >= 500 || (status >= 400 && !isContractError(text) && !isPage(text)))
          wrong.push(`${method} ${path} ${type} ${payload.slice(0, 300)} -> ${status} ${text.slice(0, 300)}`);
      } catch (error) {
        wrong.push(`${method} ${path} ${payload.slice(0, 300)} -> ${String(error)}`);
      }
    }
  };
  const wave = (until: number): Promise<unknown> =>
    Promise.all(Array.from({ length: CONCURRENT }, () => sender(until)));
  // caches fill first
  await wave(REQUESTS / 2);
  const before = await rss();
  await wave(REQUESTS);
  expect(wrong).toEqual([]);
  expect((await rss()) - before).toBeLessThan(GROWTH_BYTES_MAX);
  expect(seen.get(400)).toBeGreaterThan(REQUESTS / 10);
  expect(seen.get(200)).toBeGreaterThan(REQUESTS / 100);
  const { status } = await service.call('POST', '/v1/customers', { body: { source_id: 'after' } });
  expect([status, (await service.call('GET', '/v1/customers/after')).body.source_id]).toEqual([200, 'after']);
  agent.destroy();
  await service.discard();
});

const isPage = (text: string): boolean => text.startsWith('<!doctype html>');

function isContractError(text: string): boolean {
  try {
    const { code, statusCode, message } = JSON.parse(text) as Record<string, unknown>;
    return typeof (code ?? statusCode) === 'number' && typeof message === 'string';
  } catch {
    return false;
  }
}
