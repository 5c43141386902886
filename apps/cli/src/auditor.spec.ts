import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printAsOf } from './as-of.js';
import { saveBundle } from './bundle.js';
import { printDiff } from './diff.js';
import { printExplanation } from './explain.js';
import { printHistory } from './history.js';
import { clientFor, LedgerClient } from './ledger-client.js';
import { verifyCustomer } from './verify-customer.js';

type Reply = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let client: LedgerClient;
let asked: string[];
let reply: Reply;
let said: string[];
const say = (line: string): void => void said.push(line);
const text = (): string => said.join('\n');
const json =
  (body: object, status = 200): Reply =>
  (_, response) => {
    response.statusCode = status;
    response.end(JSON.stringify(body));
  };

beforeEach(async () => {
  [asked, said] = [[], []];
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    reply(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new LedgerClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: 'app:t:k' }, 1);
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const AT = '2026-01-02T03:04:05.678Z';
const told = (revision: number, more: object = {}): object => ({
  object: 'history_event',
  id: `e-${revision}`,
  revision,
  position: String(revision * 10),
  type: 'OrderPlaced',
  schema: 1,
  occurred_at: '2026-01-01T00:00:00.000Z',
  recorded_at: AT,
  actor: { channel: 'API', key: 'shop' },
  origin: { source: '/shop', id: `fact-${revision}` },
  data: { id: `ord_${revision}`, amount: 100, items: [1, 2], metadata: { a: 1 } },
  erased: false,
  hash: 'abcdef0123'.padEnd(64, '0'),
  ...more,
});

describe('the service', () => {
  test('gets the key, and the whole request in one well-formed address', async () => {
    reply = (request, response) => {
      expect(request.headers).toMatchObject({ 'x-app-id': 'app', 'x-app-token': 't:k' });
      json({})(request, response);
    };
    await printAsOf(client, 'a/b ?ü', '2026-01-01T00:00+01:00', {}, say);
    expect(asked).toEqual(['/v1/customers/a%2Fb%20%3F%C3%BC?as_of=2026-01-01T00%3A00%2B01%3A00']);
    await printAsOf(client, 'ada', 'x', { happened: true }, say);
    expect(asked[1]).toBe('/v1/customers/ada?happened_as_of=x');
  });

  test('is quoted when it refuses', async () => {
    reply = json({ code: 404, message: 'Resource not found', details: 'Cannot find customer with id ada' }, 404);
    const asking = printAsOf(client, 'ada', '1', {}, say);
    await expect(asking).rejects.toThrow('Resource not found: Cannot find customer with id ada (404)');
    expect(asked).toHaveLength(1);
  });

  test('is retried when it is busy, but not for ever', async () => {
    reply = (request, response) => (asked.length < 3 ? json({}, 429) : json({ id: 'x' }))(request, response);
    await printAsOf(client, 'ada', '1', { json: true }, say);
    expect([asked.length, text()]).toEqual([3, '{"id":"x"}']);
    reply = json({ message: 'Service unavailable', details: 'Try again' }, 503);
    await expect(printAsOf(client, 'ada', '1', {}, say)).rejects.toThrow('Service unavailable: Try again (503)');
    expect(asked).toHaveLength(7);
  });

  test('that is another server, or unreachable, is named', async () => {
    reply = (_, response) => response.end('<html>');
    await expect(printAsOf(client, 'ada', '1', {}, say)).rejects.toThrow(/is this a ledger/);
    reply = (_, response) => response.writeHead(418).end('<html>');
    await expect(printAsOf(client, 'ada', '1', {}, say)).rejects.toThrow('The service answers 418: <html>');
    reply = (_, response) => void (response.write('{"a":'), setTimeout(() => response.destroy(), 20));
    await expect(printAsOf(client, 'ada', '1', {}, say)).rejects.toThrow(/broke off its answer/);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(printAsOf(client, 'ada', '1', {}, say)).rejects.toThrow(/cannot be reached/);
  });

  test('is not called without a key', () => {
    const before = process.env['LEDGER_KEY'];
    delete process.env['LEDGER_KEY'];
    expect(() => clientFor({ url: 'http://127.0.0.1:1' })).toThrow(/Name a key/);
    if (before !== undefined) process.env['LEDGER_KEY'] = before;
  });
});

describe('history', () => {
  const events = [told(0), told(1, { occurred_at: AT, origin: null, erased: true, actor: { channel: 'INTERNAL' } })];

  test('is a table with a summary of the data', async () => {
    reply = json({ events, has_more: false });
    await printHistory(client, 'ada', {}, say);
    expect(said).toEqual([
      'rev  recorded             occurred             type         by        fact          data                                                 hash',
      '  0  2026-01-02 03:04:05  2026-01-01 00:00:00  OrderPlaced  API shop  /shop fact-0  id=ord_0 amount=100 items=[2] metadata={…}           abcdef01',
      '  1  2026-01-02 03:04:05  =                    OrderPlaced  INTERNAL                (erased) id=ord_1 amount=100 items=[2] metadata={…}  abcdef01',
    ]);
  });

  test('reads pages up to the limit, and passes every filter on', async () => {
    reply = (request, response) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams;
      const from = Number(query.get('starting_after') ?? -1) + 1;
      const page = Array.from({ length: Number(query.get('limit')) }, (_, i) => told(from + i));
      json({ events: page, has_more: true, more_starting_after: String(from + page.length - 1) })(request, response);
    };
    await printHistory(client, 'ada', { limit: 1201, json: true }, say);
    expect(said.map((line) => (JSON.parse(line) as { revision: number }).revision)).toEqual([...Array(1201).keys()]);
    expect(asked).toHaveLength(3);
    asked = [];
    const filters = { type: 'T', from: 'a', to: 'b', origin: '/shop 1', actor: 'shop' };
    await printHistory(client, 'ada', { ...filters, reverse: true, limit: 1 }, say);
    const query = Object.fromEntries(new URL(asked[0] ?? '', 'http://x').searchParams);
    expect(query).toEqual({ ...filters, order: '-revision', limit: '1' });
  });

  test('without events says so', async () => {
    reply = json({ events: [], has_more: false });
    await printHistory(client, 'ada', { type: 'Nope' }, say);
    expect(said).toEqual(['No such events']);
  });

  test('cannot control the terminal', async () => {
    const evil = '\u001b]0;owned\u0007\u001b[2J\n\u009b1m\u202eevil';
    reply = json({ events: [told(0, { type: evil, origin: { source: evil, id: evil }, data: { [evil]: evil } })] });
    await printHistory(client, 'ada', {}, say);
    reply = json({ id: evil });
    await printAsOf(client, 'ada', '1', {}, say);
    for (const line of text().split('\n')) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(said).toHaveLength(3);
    expect(text()).toContain('\\u001b[2J');
  });
});

test('a diff is a table of old and new values and of the events between', async () => {
  const events = Array.from({ length: 7 }, (_, n) => told(n));
  reply = json({
    object: 'diff',
    from: null,
    to: told(6),
    changes: [
      { path: '/name', from: 'Ada', to: 'Eve', events: events.slice(3, 4) },
      { path: '/phone', from: null, events: [] },
      { path: '/summary/orders/total_amount', from: 0, to: 700, events },
    ],
  });
  await printDiff(client, 'ada', ['1', undefined], { happened: true }, say);
  expect(asked).toEqual(['/v1/customers/ada/diff?from=1&clock=happened']);
  expect(text().split('\n')).toEqual([
    'from before the first event',
    'to   revision 6, OrderPlaced, recorded 2026-01-02 03:04:05',
    '',
    'path                          old   new  events',
    '/name                         Ada   Eve  3 OrderPlaced',
    '/phone                        null',
    '/summary/orders/total_amount  0     700  0 OrderPlaced, 1 OrderPlaced, 2 OrderPlaced, 3 OrderPlaced, 4 OrderPlaced and 2 more',
  ]);
  reply = json({ object: 'diff', from: null, to: null, changes: [] });
  await printDiff(client, 'ada', ['1', '2'], {}, say);
  expect(asked[1]).toBe('/v1/customers/ada/diff?from=1&to=2&clock=recorded');
  expect(said.at(-1)).toBe('Nothing changed');
});

describe('an explanation', () => {
  const sum = {
    object: 'explanation',
    path: '/summary/orders/total_amount',
    value: 950,
    kind: 'sum',
    earlier: { events: 3, delta: 50 },
    events: [told(4, { delta: 1000, before: 50, after: 1050 }), told(5, { delta: -100, before: 1050, after: 950 })],
  };
  const derived = {
    ...sum,
    path: '/average',
    kind: 'derived',
    operands: { total: 950, orders: 2 },
    events: [told(4, { delta: 950, operands: { total: 950, orders: 1, rule: 'total / orders' } })],
    earlier: undefined,
  };
  const name = { object: 'explanation', path: '/name', kind: 'value', events: [told(1, { after: 'Ada' })] };

  test('of a number lists deltas that add up to it', async () => {
    reply = json(sum);
    await printExplanation(client, 'ada', 'summary.orders.total_amount', { asOf: '5' }, say);
    expect(asked).toEqual(['/v1/customers/ada/explain?path=summary.orders.total_amount&as_of=5']);
    expect(said.slice(0, 3)).toEqual(['/summary/orders/total_amount = 950  sum', '', '3 earlier events, +50 together']);
    expect(said.slice(-2).map((line) => line.split(/ {2,}/).slice(-2))).toEqual([
      ['+1000', '1050'],
      ['-100', '950'],
    ]);
  });

  test('of an average names its operands, of a text the former value', async () => {
    reply = json(derived);
    await printExplanation(client, 'ada', 'average', {}, say);
    expect(said.slice(0, 3)).toEqual(['/average = 950  derived', '  total: 950', '  orders: 2']);
    expect(said.at(-1)).toMatch(/ total=950 orders=1$/);
    said = [];
    reply = json(name);
    await printExplanation(client, 'ada', 'name', {}, say);
    expect(said[0]).toBe('/name = not there any more  value');
    expect(said.at(-1)).toMatch(/\/shop fact-1 +Ada$/);
    said = [];
    reply = json({ ...name, events: [] });
    await printExplanation(client, 'ada', 'name', {}, say);
    expect(said.at(-1)).toBe('No event changed it');
  });

  test('without a path is one table', async () => {
    reply = json({ object: 'list', explanations: [sum, name, { ...name, path: '/x', value: {}, events: [] }] });
    await printExplanation(client, 'ada', undefined, {}, say);
    expect(said).toEqual([
      'path                          value               kind   events  last changed',
      '/summary/orders/total_amount  950                 sum         5  2026-01-02 03:04:05 5 OrderPlaced',
      '/name                         not there any more  value       1  2026-01-02 03:04:05 1 OrderPlaced',
      '/x                            {}                  value       0',
    ]);
    said = [];
    await printExplanation(client, 'ada', undefined, { json: true }, say);
    expect(JSON.parse(text())).toMatchObject({ object: 'list' });
  });
});

test('the verification of a customer names the first bad event of its chain', async () => {
  const head = { revision: 4, hash: 'a'.repeat(64) };
  const ask = (more: object): Promise<boolean> => verifyCustomer('ada', { url: '', ...more }, say, client);
  reply = json({ object: 'verification', customer_id: 'cust_x', valid: true, events: 5, head });
  expect(await ask({})).toBe(true);
  expect(said[0]).toBe('valid  cust_x');
  const first_bad = { revision: 5, reason: 'hash_mismatch' };
  reply = json({ object: 'verification', customer_id: 'cust_x', valid: false, events: 5, head, first_bad });
  expect(await ask({})).toBe(false);
  expect(said.at(-1)).toBe('revision 5: hash_mismatch');
  said = [];
  expect(await ask({ json: true })).toBe(false);
  expect(JSON.parse(text())).toMatchObject({ valid: false, first_bad });
});

describe('a bundle', () => {
  let folder: string;
  const page: Reply = (_, response) => {
    response.setHeader('content-disposition', 'attachment; filename="ledger-cust_x.html"');
    response.end('<!doctype html>');
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'customer-ledger-bundle-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('is saved with permissions for its owner alone, and never over another file', async () => {
    reply = page;
    const out = join(folder, 'ada.html');
    expect(await saveBundle(client, 'ada', { out })).toBe(out);
    expect(await readFile(out, 'utf8')).toBe('<!doctype html>');
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    await expect(saveBundle(client, 'ada', { out })).rejects.toThrow(/exists already/);
    await expect(saveBundle(client, 'ada', { out: join(folder, 'no', 'a.html') })).rejects.toThrow(/cannot be written/);
    expect(await readdir(folder)).toEqual(['ada.html']);
  });

  test('that breaks off leaves no file behind', async () => {
    reply = (_, response) => void (response.write('<!doc'), setTimeout(() => response.destroy(), 20));
    await expect(saveBundle(client, 'ada', { out: join(folder, 'a.html') })).rejects.toThrow(/broke off/);
    expect(await readdir(folder)).toEqual([]);
  });

  test('is requested as JSON for a .json file, and with the key on request', async () => {
    reply = (request, response) => void response.end(request.headers.accept);
    const out = join(folder, 'a.json');
    await saveBundle(client, 'ada', { out, withKey: true });
    expect(await readFile(out, 'utf8')).toBe('application/json');
    expect(asked).toEqual(['/v1/customers/ada/bundle?with_key=true']);
  });

  test.each([
    ['attachment; filename="ledger-cust_x.html"', 'ledger-cust_x.html'],
    ['attachment; filename="../../etc/passwd"', 'ledger-bundle.html'],
    ['attachment; filename=".bashrc"', 'ledger-bundle.html'],
    [undefined, 'ledger-bundle.html'],
  ])('named %p is saved here', async (disposition, name) => {
    reply = (_, response) => {
      if (disposition !== undefined) response.setHeader('content-disposition', disposition);
      response.end('x');
    };
    const before = process.cwd();
    process.chdir(folder);
    try {
      expect(await saveBundle(client, 'ada', {})).toBe(name);
    } finally {
      process.chdir(before);
    }
    expect(await readdir(folder)).toEqual([name]);
  });
});
