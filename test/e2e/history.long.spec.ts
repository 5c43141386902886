import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fact } from '../support/facts.js';
import { OpenApi } from '../support/openapi.js';
import { type Answer, KEYS, Service } from '../support/service.js';

let service: Service;
let openapi: OpenApi;

const ask = (path: string, accept?: string): Promise<Answer> =>
  service.call('GET', `/v1/customers/${path}`, {
    key: KEYS.audit,
    ...(accept !== undefined && { headers: { accept } }),
  });
const order = (id: string, amount: number, time: string, source_id: string, more: object = {}): object =>
  fact('order.paid', time, { id, amount, status: 'PAID', customer: { source_id }, ...more });

/** The documents after each revision, as they were read back then. */
const seen: {
  readonly revision: number;
  readonly position: string;
  readonly document: object;
  readonly read_at: string;
}[] = [];

beforeAll(async () => {
  service = await Service.start();
  openapi = await OpenApi.of(service);
  const steps: (() => Promise<unknown>)[] = [
    () => service.call('POST', '/v1/customers', { body: { source_id: 'ada', name: 'Ada', metadata: { age: 36 } } }),
    () => service.facts([order('ord_1', 1000, '2026-01-10T10:00:00Z', 'ada')], KEYS.admin),
    () => service.facts([order('ord_2', 500, '2026-01-05T10:00:00Z', 'ada')], KEYS.admin),
    () => service.call('PUT', '/v1/customers/ada', { body: { name: 'Ada L.', metadata: { age: 37 } } }),
    () => service.facts([order('ord_1', 900, '2026-01-12T10:00:00Z', 'ada')], KEYS.admin),
    () => service.call('PUT', '/v1/customers/ada/consents', { body: { cnst_mail: true } }),
  ];
  for (const step of steps) {
    await step();
    const { body, headers } = await service.call('GET', '/v1/customers/ada');
    const revision = Number(headers.get('etag')?.replaceAll('"', ''));
    const { body: page } = await ask(`ada/history?order=-revision&limit=1`);
    const { recorded_at, position } = page.events[0];
    seen.push({ revision, position, document: body as object, read_at: recorded_at as string });
  }
});

afterAll(async () => {
  await service.discard();
});

describe('the history', () => {
  test('holds every event with all that is known about it', async () => {
    const answer = await ask('ada/history');
    expect(answer.status).toBe(200);
    expect(openapi.problems('HistoryList', answer)).toEqual([]);
    expect(answer.body.events).toHaveLength(6);
    expect(answer.body.events[1]).toMatchObject({
      object: 'history_event',
      revision: 1,
      type: 'OrderPlaced',
      occurred_at: '2026-01-10T10:00:00.000Z',
      origin: { source: '/tests' },
      actor: { channel: expect.any(String), key: 'admin-app' },
      erased: false,
      data: { id: 'ord_1', amount: 1000 },
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('is paged in both directions, and filtered', async () => {
    const revisions = async (query: string): Promise<number[]> =>
      ((await ask(`ada/history?${query}`)).body.events as { revision: number }[]).map(({ revision }) => revision);
    expect(await revisions('limit=2')).toEqual([0, 1]);
    expect(await revisions('limit=2&starting_after=1')).toEqual([2, 3]);
    expect(await revisions('limit=4&order=-revision')).toEqual([5, 4, 3, 2]);
    expect(await revisions('order=-revision&starting_after=2')).toEqual([1, 0]);
    expect(await revisions('order=-revision&starting_after=0')).toEqual([]);
    expect(await revisions('type=OrderChanged')).toEqual([4]);
    expect(await revisions('origin=/tests')).toEqual([1, 2, 4]);
    expect(await revisions('actor=admin-app&limit=1')).toEqual([0]);
    expect(await revisions('actor=unknown')).toEqual([]);
    expect(await revisions(`from=${seen[3]?.read_at}`)).toEqual(expect.arrayContaining([3, 4, 5]));
    expect(await revisions(`to=${seen[0]?.read_at}`)).toEqual(expect.arrayContaining([0]));
    const { body } = await ask('ada/history?limit=2');
    expect(body).toMatchObject({ has_more: true, more_starting_after: '1' });
    expect((await ask('ada/history?limit=6')).body).not.toHaveProperty('more_starting_after');
  });

  test('comes one event a line when asked for', async () => {
    const { text, headers } = await ask('ada/history?type=OrderPlaced', 'application/x-ndjson');
    expect(headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const events = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { revision: number });
    expect(events.map(({ revision }) => revision)).toEqual([1, 2]);
  });
});

describe('time travel', () => {
  test('as_of gives the very document that was read then: by revision, position and instant', async () => {
    for (const { revision, position, document, read_at } of seen) {
      for (const moment of [`revision:${revision}`, String(revision), `position:${position}`]) {
        const { status, body, headers } = await ask(`ada?as_of=${moment}`);
        expect([status, headers.get('etag')]).toEqual([200, `"${revision}"`]);
        expect(body).toEqual(document);
      }
      const last = seen.filter((one) => one.read_at === read_at).at(-1);
      expect((await ask(`ada?as_of=${read_at}`)).body).toEqual(last?.document);
    }
    expect((await ask('ada?as_of=2999-01-01')).body).toEqual(seen.at(-1)?.document);
  });

  test('happened_as_of asks the same by business time, with everything known today', async () => {
    const total = async (query: string): Promise<unknown> =>
      (await ask(`ada?${query}`)).body.summary?.orders.total_amount;
    expect(await total('happened_as_of=2026-01-07')).toBe(500);
    expect(await total('happened_as_of=2026-01-11')).toBe(1500);
    expect(await total('happened_as_of=2026-01-13')).toBe(1400);
    expect(await total('as_of=revision:1')).toBe(1000);
  });

  test('who was not there yet is not found, what cannot be asked is said precisely', async () => {
    expect((await ask('ada?as_of=2020-01-01')).body).toMatchObject({ code: 404, key: 'not_found' });
    for (const query of [
      'as_of=revision:99',
      'as_of=position:999999',
      'as_of=yesterday',
      'happened_as_of=revision:1',
      'as_of=1&happened_as_of=2026-01-01',
    ])
      expect((await ask(`ada?${query}`)).body).toMatchObject({ code: 400, key: 'invalid_query_params' });
    for (const query of ['diff?from=revision:99', 'diff?from=revision:0&to=revision:99', 'explain?as_of=revision:99'])
      expect((await ask(`ada/${query}`)).body).toMatchObject({ details: 'This customer has not reached revision 99' });
  });

  test('a diff names what changed and the events that did it', async () => {
    const answer = await ask('ada/diff?from=revision:2&to=revision:4');
    expect(openapi.problems('Diff', answer)).toEqual([]);
    const { body } = answer;
    const byPath = new Map(
      (body.changes as { path: string; events: { revision: number }[] }[]).map((one) => [one.path, one]),
    );
    expect(byPath.get('/name')).toMatchObject({ from: 'Ada', to: 'Ada L.', events: [{ revision: 3 }] });
    expect(byPath.get('/summary/orders/total_amount')).toMatchObject({
      from: 1500,
      to: 1400,
      events: [{ revision: 4 }],
    });
    expect(byPath.has('/source_id')).toBe(false);
    expect(body).toMatchObject({ from: { revision: 2 }, to: { revision: 4 } });
    expect((await ask('ada/diff?from=revision:4&to=revision:2')).status).toBe(400);
    expect((await ask('ada/diff?to=revision:2')).status).toBe(400);
    expect((await ask('ada/diff?from=2026-01-06&to=2026-01-11&clock=happened')).body.changes).toEqual(
      expect.arrayContaining([expect.objectContaining({ path: '/summary/orders/total_amount', from: 500, to: 1500 })]),
    );
  });
});

describe('an explanation', () => {
  test('lists signed deltas that sum to the value', async () => {
    for (const path of ['summary.orders.total_amount', '/summary/orders/total_amount']) {
      const answer = await ask(`ada/explain?path=${encodeURIComponent(path)}`);
      expect(openapi.problems('Explanations', answer)).toEqual([]);
      expect(answer.body).toMatchObject({ object: 'explanation', kind: 'sum', value: 1400 });
      expect(answer.body.events.map(({ delta }: { delta: number }) => delta)).toEqual([1000, 500, -100]);
    }
  });

  test('gives the operands of an average, the order behind a last value, the event that set a text', async () => {
    const value = async (path: string): Promise<unknown> => (await ask(`ada/explain?path=${path}`)).body;
    expect(await value('summary.orders.average_amount')).toMatchObject({
      kind: 'derived',
      value: 700,
      operands: { total_amount: 1400, orders_with_amount: 2 },
    });
    expect(await value('summary.orders.last_order_amount')).toMatchObject({
      value: 900,
      operands: { order_id: 'ord_1' },
    });
    const { events } = (await value('name')) as { events: object[] };
    expect(events.at(-1)).toMatchObject({ revision: 3, before: 'Ada', after: 'Ada L.' });
  });

  test('without a path explains every leaf, with that of a block all below it', async () => {
    const { body } = await ask('ada/explain');
    const paths = (body.explanations as { path: string }[]).map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['/id', '/name', '/metadata/age', '/summary/orders/total_amount']));
    const { body: block } = await ask('ada/explain?path=summary.orders');
    expect(block.explanations).toHaveLength(5);
    expect((await ask('ada/explain?path=nowhere')).body).toMatchObject({ code: 400, key: 'invalid_query_params' });
  });
});

describe('verification, roles, and those who are gone', () => {
  test('an untouched history verifies', async () => {
    const answer = await ask('ada/verify');
    expect(openapi.problems('Verification', answer)).toEqual([]);
    expect(answer.body).toMatchObject({ valid: true, events: 6, head: { revision: 5 } });
  });

  test('needs the role audit, and the plain document does not', async () => {
    for (const path of [
      'ada/history',
      'ada/diff?from=1',
      'ada/explain',
      'ada/verify',
      'ada?as_of=1',
      'ada?happened_as_of=2026-01-01',
    ])
      expect((await service.call('GET', `/v1/customers/${path}`, { key: KEYS.write })).body).toMatchObject({
        code: 403,
        key: 'missing_required_permission',
      });
    expect((await service.call('GET', '/v1/customers/ada', { key: KEYS.read })).status).toBe(200);
  });

  test('a deleted customer is found by id and by source id, an erased one by id alone and without personal data', async () => {
    const { body: bob } = await service.call('POST', '/v1/customers', {
      body: { source_id: 'bob', name: 'Bob Secret' },
    });
    await service.call('DELETE', '/v1/customers/bob');
    for (const ref of ['bob', bob.id as string]) {
      expect((await ask(`${ref}/history`)).body.events).toHaveLength(2);
      expect((await ask(`${ref}?as_of=0`)).body.name).toBe('Bob Secret');
    }
    await service.call('POST', `/v1/customers/${bob.id}/permanent-deletion`);
    expect((await ask('bob/history')).status).toBe(404);
    const { text, body } = await ask(`${bob.id}/history`);
    expect(body.events.map(({ erased }: { erased: boolean }) => erased)).toEqual([true, false, false]);
    expect(text).not.toContain('Secret');
    expect((await ask(`${bob.id}?as_of=0`)).body).not.toHaveProperty('name');
    expect((await ask(`${bob.id}?as_of=2`)).status).toBe(404);
    expect((await ask(`${bob.id}/verify`)).body).toMatchObject({ valid: true, events: 3 });
  });

  test('of two who had the same source id the one who has it is meant', async () => {
    await service.call('POST', '/v1/customers', { body: { source_id: 'eve', name: 'First' } });
    await service.call('DELETE', '/v1/customers/eve');
    const { body: second } = await service.call('POST', '/v1/customers', {
      body: { source_id: 'eve', name: 'Second' },
    });
    expect((await ask('eve/history')).body.events[0].data.name).toBe('Second');
    await service.call('DELETE', '/v1/customers/eve');
    expect((await ask('eve?as_of=0')).body.id).toBe(second.id);
    expect((await ask('unknown/history')).body).toMatchObject({ code: 404, key: 'not_found', resource_id: 'unknown' });
  });
});
