import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Delivery, Operations, type Webhook } from '#operations';
import { createLog } from '../ops/log.js';
import { RETRY_AT_MIN } from './retries.js';
import { WebhookSecrets } from './secret.js';
import { type DeliveryOutcome, Dispatcher } from './dispatcher.js';
import { signatureOf } from './signature.js';
import { type Reply, TargetRefused, Targets } from './target.js';
import { eventually } from '../../../../test/support/wait.js';

const START_MS = Date.parse('2026-03-01T10:00:00.000Z');
const secrets = new WebhookSecrets(Buffer.alloc(32, 7));

interface Got {
  readonly id: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A receiver whose answers the tests set. */
let answer: (got: Got, response: ServerResponse) => void;
let got: Got[];
let server: Server;
let operations: Operations;
let hook: Webhook;
let now_ms: number;
let outcomes: DeliveryOutcome[];
let disabled: number;

const listen = (listener: RequestListener): Promise<Server> =>
  new Promise((done) => {
    const made = createServer(listener);
    made.listen(0, '127.0.0.1', () => done(made));
  });
const urlOf = (made: Server): string => `http://127.0.0.1:${(made.address() as AddressInfo).port}/hook`;

beforeEach(async () => {
  [got, outcomes, disabled, now_ms] = [[], [], 0, START_MS];
  answer = (_, response) => response.writeHead(200).end();
  server = await listen((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const one = { id: String(request.headers['x-ledger-delivery']), headers: request.headers, body };
      got.push(one);
      answer(one, response);
    });
  });
  operations = await Operations.open({ file: ':memory:' });
  hook = await operations.webhooks.add({
    ...{ target_url: urlOf(server), events: ['customer.updated'], since: 0n, secret: secrets.seal('s3cret') },
    created_at: textOf(now_ms),
  });
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await operations.close();
});

const textOf = (ms: number): string => new Date(ms).toISOString();
const add = (numbers: readonly number[], customers = 1): Promise<void> =>
  operations.db.transaction().execute((tx) =>
    operations.deliveries.add(
      tx,
      numbers.map((n) => ({
        ...{ id: `whs_${n}`, webhook_id: hook.id, news_id: `evcus_${n}`, type: 'customer.updated' },
        ...{ customer_id: `cust_${n % customers}`, revision: n, position: BigInt(n), part: 0 },
      })),
      textOf(now_ms),
    ),
  );
const log = async (): Promise<readonly Delivery[]> =>
  (await operations.deliveries.list(hook.id, { limit: 100 })).deliveries;
const sender = (targets: Pick<Targets, 'post'> = new Targets(true), instance = 'only', lease_ms = 5_000): Dispatcher =>
  new Dispatcher(
    {
      ...{
        operations,
        secrets,
        targets,
        holder: { instance, lease_ms },
        log: createLog({ LOG_LEVEL: 'silent' }),
        now_ms: () => now_ms,
      },
      payloads: { tell: ({ id }) => Promise.resolve({ body: JSON.stringify({ id, name: 'Zoë' }) }) },
    },
    {
      onOutcome: (one) => outcomes.push(one),
      onDisabled: () => disabled++,
      onError: (error) => {
        throw error;
      },
    },
  );
const round = (one = sender()): Promise<void> => one.round();

describe('sending', () => {
  test('the deliveries of each customer arrive once, in order, signed over the exact bytes', async () => {
    const numbers = Array.from({ length: 60 }, (_, n) => n + 1);
    await add(numbers.toReversed(), 7);
    await round();
    for (let customer = 0; customer < 7; customer++) {
      const own = got.map(({ id }) => Number(id.slice(4))).filter((n) => n % 7 === customer);
      expect(own).toEqual(numbers.filter((n) => n % 7 === customer));
    }
    for (const { headers, body } of got) expect(headers['x-voucherify-signature']).toBe(signatureOf('s3cret', body));
    expect(got[0]?.body).toContain('Zoë');
    await round();
    expect(got).toHaveLength(60);
    expect(
      (await log()).every(({ state, attempts, status }) => state === 'delivered' && attempts === 1 && status === 200),
    ).toBe(true);
  });

  test('a failed delivery is retried by the table with the same bytes and id, then the webhook is disabled', async () => {
    answer = (_, response) => response.writeHead(500).end();
    await add([1]);
    for (const at_min of [0, ...RETRY_AT_MIN]) {
      // jitter makes the retry earlier, by at most a tenth of the pause
      now_ms = START_MS + at_min * 60_000;
      await round();
      await round();
    }
    expect(got.map(({ headers }) => headers['x-ledger-attempt'])).toEqual(
      Array.from({ length: 13 }, (_, n) => String(n + 1)),
    );
    expect(
      new Set(got.map(({ id, body, headers }) => `${id} ${body} ${String(headers['x-voucherify-signature'])}`)).size,
    ).toBe(1);
    expect(await log()).toMatchObject([{ state: 'failed', attempts: 13, status: 500 }]);
    expect([disabled, outcomes.at(-1)]).toEqual([1, 'failed']);
    expect(await operations.webhooks.find(hook.id)).toMatchObject({
      active: false,
      disabled_reason: 'retries_exhausted',
    });

    await add([2]);
    await round();
    expect(got).toHaveLength(13);
    answer = (_, response) => response.writeHead(204).end();
    await operations.webhooks.change(hook.id, { on: { since: 0n } }, textOf(now_ms));
    expect(await operations.deliveries.resendFailed(hook.id, textOf(0), textOf(now_ms))).toBe(1);
    await round();
    expect((await log()).map(({ state, attempts }) => [state, attempts])).toEqual([
      ['delivered', 1],
      ['delivered', 1],
    ]);
  });

  test('a failed delivery waits, later ones are sent', async () => {
    answer = ({ id }, response) => response.writeHead(id === 'whs_2' ? 503 : 200).end();
    await add([1, 2, 3]);
    await round();
    expect((await log()).map(({ id, state }) => [id, state])).toEqual([
      ['whs_3', 'delivered'],
      ['whs_2', 'waiting'],
      ['whs_1', 'delivered'],
    ]);
  });

  test('a change or stop of the webhook counts from the next delivery on', async () => {
    const waiting: ServerResponse[] = [];
    answer = (_, response) => waiting.push(response);
    const sent = async (count: number): Promise<void> => {
      await eventually(() => Promise.resolve(expect(got).toHaveLength(count)));
      waiting.pop()?.writeHead(200).end();
    };
    await add([1, 2, 3]);
    const working = round();
    await eventually(() => Promise.resolve(expect(got).toHaveLength(1)));
    await operations.webhooks.change(
      hook.id,
      { target_url: `${urlOf(server)}?new`, secret: secrets.seal('n3w') },
      textOf(now_ms),
    );
    await sent(1);
    await eventually(() => Promise.resolve(expect(got).toHaveLength(2)));
    expect(got[1]?.headers['x-voucherify-signature']).toBe(signatureOf('n3w', got[1]?.body ?? ''));
    await operations.webhooks.change(hook.id, { off: { reason: null } }, textOf(now_ms));
    await sent(2);
    await working;
    expect(got).toHaveLength(2);
    expect((await log()).map(({ state }) => state)).toEqual(['waiting', 'delivered', 'delivered']);
  });

  test('redirects, time-outs, endless answers and closed connections are failed attempts', async () => {
    let elsewhere = 0;
    const other = await listen((_, response) => {
      elsewhere += 1;
      response.end();
    });
    const answers: Record<string, (response: ServerResponse) => void> = {
      whs_1: (response) => response.writeHead(307, { location: urlOf(other) }).end(),
      whs_2: () => undefined,
      whs_3: (response) => response.writeHead(200).write('x'),
      whs_4: (response) => response.destroy(),
    };
    answer = ({ id }, response) => answers[id]?.(response);
    await add([1, 2, 3, 4], 4);
    await round(sender(new Targets(true, 300)));
    other.close();
    expect((await log()).map(({ state, status, error }) => [state, status, error])).toEqual([
      ['waiting', null, 'econnreset'],
      ['waiting', null, 'timeout'],
      ['waiting', null, 'timeout'],
      ['waiting', 307, null],
    ]);
    expect(elsewhere).toBe(0);
  });

  test('a receiver with an endless answer is disconnected, and its status counts', async () => {
    answer = (_, response) => {
      response.writeHead(200);
      const more = (): void => {
        if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(more));
      };
      more();
    };
    await add([1]);
    await round();
    expect(await log()).toMatchObject([{ state: 'delivered' }]);
  });
});

test('of two instances, each webhook has one sender at a time, and each delivery is sent once', async () => {
  const hooks = await moreHooks(20);
  const stopping = new AbortController();
  const posted: [string, string][] = [];
  const senders = new Map<string, string>();
  let overlaps = 0;
  const running = ['one', 'two'].map((instance) => {
    const post = async (url: string): Promise<Reply> => {
      posted.push([instance, url]);
      if ((senders.get(url) ?? instance) !== instance) overlaps++;
      senders.set(url, instance);
      await sleep(5);
      senders.delete(url);
      return { status: 200, error: null, duration_ms: 5 };
    };
    return sender({ post }, instance, 60_000).run(stopping.signal);
  });
  // rounds, so that webhooks go from one instance to the other
  for (let round = 0; round < 5; round++) {
    await addTo(hooks, round);
    await eventually(async () => {
      for (const { id } of hooks) expect(await operations.deliveries.due(id, textOf(now_ms), 1)).toEqual([]);
    });
  }
  stopping.abort();
  await Promise.all(running);
  expect([posted.length, new Set(posted.map(([, url]) => url)).size, overlaps]).toEqual([100, 20, 0]);
});

test('another instance takes over the webhook of one that died, and the dead one can note nothing', async () => {
  await add([1]);
  const [dead] = await operations.deliveries.queue({ instance: 'dead', lease_ms: 300 }, () => textOf(now_ms)).claim(1);
  const stopping = new AbortController();
  const running = sender(new Targets(true), 'next').run(stopping.signal);
  await eventually(async () => expect(await log()).toMatchObject([{ state: 'delivered', attempts: 1 }]));
  await operations.deliveries.resend(hook.id, 'whs_1', '2999-01-01T00:00:00.000Z');
  const late = { attempts: 1, due_at: textOf(now_ms), first_at: null, last_at: null, status: 500 };
  const failed = { ...late, state: 'failed', error: null, duration_ms: null } as const;
  expect(await operations.deliveries.note({ id: 'whs_1', attempts: 0 }, dead!, failed)).toBe(false);
  stopping.abort();
  await running;
});

async function moreHooks(count: number): Promise<Webhook[]> {
  const made = { events: hook.events, since: 0n, secret: hook.secret, created_at: hook.created_at };
  const hooks: Webhook[] = [];
  for (let n = 0; n < count; n++)
    hooks.push(await operations.webhooks.add({ ...made, target_url: `${urlOf(server)}?${n}` }));
  return hooks;
}

/** Adds one delivery to each webhook. */
const addTo = (hooks: readonly Webhook[], n: number): Promise<void> => {
  const items = hooks.map(({ id }) => ({
    ...{ id: `${id}_${n}`, webhook_id: id, news_id: `evcus_${n}`, type: 'customer.updated', customer_id: 'cust_1' },
    ...{ revision: n, position: BigInt(n), part: 0 },
  }));
  return operations.db.transaction().execute((tx) => operations.deliveries.add(tx, items, textOf(now_ms)));
};

describe('targets', () => {
  const strict = new Targets(false);
  const refusal = (url: string): Promise<unknown> =>
    strict.assertAllowed(url).then(
      () => 'allowed',
      (error: unknown) => (error instanceof TargetRefused ? error.reason : error),
    );

  test.each([
    ['http://93.184.216.34/', 'https_required'],
    ['ftp://93.184.216.34/', 'bad_url'],
    ['https://user:secret@93.184.216.34/', 'bad_url'],
    ['nothing', 'bad_url'],
    ['https://127.0.0.1/', 'private_address'],
    ['https://2130706433/', 'private_address'],
    ['https://0x7f.1/', 'private_address'],
    ['https://[::1]/', 'private_address'],
    ['https://[::ffff:10.0.0.1]/', 'private_address'],
    ['https://169.254.169.254/latest/meta-data', 'private_address'],
    ['https://localhost/', 'private_address'],
    ['https://93.184.216.34/', 'allowed'],
  ])('%s: %s', async (url, reason) => expect(await refusal(url)).toBe(reason));

  test('the address of a host name is checked at each connection, not only at registration', async () => {
    // the name may have had another address at registration
    const reply = await strict.post('https://localhost:1/', { body: '{}', headers: {} });
    expect(reply).toMatchObject({ status: null, error: 'private_address' });
    const literal = await strict.post('https://127.0.0.1:1/', { body: '{}', headers: {} });
    expect(literal).toMatchObject({ status: null, error: 'private_address' });
  });
});
