import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fact } from '../support/facts.js';
import { OpenApi } from '../support/openapi.js';
import { sdk } from '../support/sdk.js';
import { type Answer, KEYS, Service } from '../support/service.js';
import { eventually } from '../support/wait.js';

let service: Service;
let openapi: OpenApi;

const call = (method: string, path: string, body?: object): Promise<Answer> =>
  service.call(method, `/v1${path}`, body === undefined ? {} : { body });
const order = (id: string, amount: number, source_id: string): object =>
  fact('order.paid', '2026-01-10T10:00:00Z', { id, amount, status: 'PAID', customer: { source_id } });
const segmentsOf = async (ref: string): Promise<string[]> =>
  (await call('GET', `/customers/${ref}/segments`)).body.data.map(({ name }: { name: string }) => name) as string[];
const membersOf = async (id: string): Promise<string[]> =>
  (await call('GET', `/customers?segment_id=${id}&limit=100`)).body.customers
    .map(({ source_id }: { source_id: string }) => source_id)
    .sort() as string[];
const create = async (body: object): Promise<string> => {
  const answer = await call('POST', '/segments', body);
  expect([answer.status, openapi.problems('Segment', answer)]).toEqual([200, []]);
  return answer.body.id as string;
};
const SPENDERS = { junction: 'AND', 'summary.orders.total_amount': { conditions: { $more_than: ['1000'] } } };

beforeAll(async () => {
  service = await Service.start();
  openapi = await OpenApi.of(service);
  for (const source_id of ['ada', 'bob', 'eve']) await call('POST', '/customers', { source_id, name: source_id });
  await service.facts([order('o1', 2_000, 'ada'), order('o2', 500, 'bob')], KEYS.admin);
});
afterAll(() => service.discard());

test('an active segment takes in who was there before, and follows what happens', async () => {
  const id = await create({ name: 'Spenders', type: 'auto-update', filter: SPENDERS });
  await eventually(async () => {
    expect((await call('GET', `/segments/${id}`)).body).toMatchObject({
      initial_sync_status: 'DONE',
      initial_sync_customers: 3,
    });
    expect(await membersOf(id)).toEqual(['ada']);
  });
  await service.facts([order('o3', 600, 'bob')], KEYS.admin);
  expect(await segmentsOf('bob')).toEqual(['Spenders']);
  await eventually(async () => expect(await membersOf(id)).toEqual(['ada', 'bob']));
  await service.facts(
    [fact('order.canceled', '2026-01-11T10:00:00Z', { id: 'o3', status: 'CANCELED', customer: { source_id: 'bob' } })],
    KEYS.admin,
  );
  await eventually(async () => expect(await membersOf(id)).toEqual(['ada']));

  const activity = await call('GET', '/customers/bob/activity?limit=20');
  expect(openapi.problems('ActivityList', activity)).toEqual([]);
  const types = (activity.body.data as { type: string }[])
    .map(({ type }) => type)
    .filter((type) => type.startsWith('customer.segment'));
  expect(types).toEqual(['customer.segment.left', 'customer.segment.entered']);
  // contract 4.2: the whole customer, as it was then
  expect(
    activity.body.data.find((one: { type: string }) => one.type === 'customer.segment.entered').data.data.customer,
  ).toMatchObject({ source_id: 'bob', object: 'customer', summary: { orders: { total_amount: 1_100 } }, loyalty: {} });
  const flips = await call('GET', `/segments/${id}/activities?order=created_at&limit=2`);
  expect(openapi.problems('ActivityList', flips)).toEqual([]);
  const told = (answer: Answer): string[] =>
    (answer.body.data as { type: string; data: { data: { customer: { source_id: string } } } }[]).map(
      ({ type, data }) => `${data.data.customer.source_id} ${type.slice('customer.segment.'.length)}`,
    );
  expect(told(flips)).toEqual(['ada entered', 'bob entered']);
  expect(
    told(
      await call(
        'GET',
        `/segments/${id}/activities?order=created_at&starting_after_id=${flips.body.more_starting_after}`,
      ),
    ),
  ).toEqual(['bob left']);
  // it follows from facts: the customer itself was not updated by it
  const { body: bob } = await call('GET', '/customers/bob');
  expect(bob.updated_at).toBeUndefined();
});

test('client.segments of the official SDK: create, get, list of a customer, delete', async () => {
  const { segments } = sdk(service, openapi);
  const made = await segments.create({ name: 'SDK', type: 'auto-update', filter: SPENDERS as never });
  expect(made).toMatchObject({
    object: 'segment',
    name: 'SDK',
    type: 'auto-update',
    filter: { ...SPENDERS, junction: 'and' },
  });
  expect(await segments.get(made.id)).toMatchObject({ id: made.id, name: 'SDK' });
  const { id: eve } = (await call('GET', '/customers/eve')).body;
  const chosen = await segments.create({ name: 'Chosen', type: 'static', customers: [eve] });
  const named = async (ref: string): Promise<string[]> => (await segments.list(ref)).data.map(({ name }) => name);
  expect(await named('ada')).toEqual(expect.arrayContaining(['SDK']));
  expect(await named('eve')).toEqual(['Chosen']);
  await segments.delete(made.id);
  await segments.delete(chosen.id);
  expect(await named('eve')).toEqual([]);
  await expect(segments.get(made.id)).rejects.toMatchObject({ code: 404, key: 'not_found' });
  await expect(segments.delete('seg_none')).rejects.toMatchObject({ code: 404, key: 'not_found' });
  await expect(segments.create({ name: '', type: 'auto-update' })).rejects.toMatchObject({ code: 400 });
  await expect(
    segments.create({ name: 'X', type: 'auto-update', filter: { x: { conditions: {} } } }),
  ).rejects.toMatchObject({ code: 400 });
});

test('time alone lets customers enter and leave, at its moment', async () => {
  const soon = new Date(Date.now() + 2_500 - 86_400_000).toISOString();
  const id = await create({
    name: 'A day ago',
    type: 'auto-update',
    filter: { junction: 'and', 'metadata.seen_at': { conditions: { $more_than_ago: 1 } } },
  });
  await call('POST', '/customers', { source_id: 'tim', metadata: { seen_at: soon } });
  expect(await segmentsOf('tim')).toEqual([]);
  await eventually(async () => expect(await membersOf(id)).toEqual(['tim']));
  const { body } = await call('GET', `/segments/${id}/activities`);
  expect(body.data).toHaveLength(1);
  expect(body.data[0].created_at).toBe(new Date(Date.parse(soon) + 86_400_000).toISOString());
  const why = await service.call('GET', `/v1/customers/tim/segments/${id}/why`, { key: KEYS.audit });
  expect(openapi.problems('SegmentWhy', why)).toEqual([]);
  expect(why.body).toMatchObject({
    is_member: true,
    conditions: [
      {
        attribute: 'metadata.seen_at',
        operator: '$more_than_ago',
        value: soon,
        truth: true,
        since: body.data[0].created_at,
        because: { type: 'CustomerCreated', revision: 0 },
      },
    ],
  });
});

test('what was published to customers, and where they are, makes segments', async () => {
  await call('POST', '/customers', { source_id: 'pub', metadata: { home: { lat: 52.23, lng: 21.01 } } });
  const published = (type: string, id: string, campaign: object): object =>
    fact(type, '2026-01-12T10:00:00Z', {
      id,
      campaign,
      voucher: { id: 'v_1' },
      channel: 'email',
      customer: { source_id: 'pub' },
    });
  const reached = await create({
    name: 'Reached',
    type: 'auto-update',
    filter: {
      junction: 'and',
      'publications.related_object_id': { conditions: { $is: 'camp_spring' } },
      'publications.created_at': { conditions: { $after: '2026-01-12' } },
    },
  });
  const near = await create({
    name: 'Near',
    type: 'passive',
    filter: { junction: 'and', 'metadata.home': { conditions: { $in_location: '52.2297, 21.0122, 1' } } },
  });
  await service.facts([published('publication.failed', 'pub_1', { id: 'camp_spring' })], KEYS.admin);
  expect(await segmentsOf('pub')).toEqual(['Near']);
  await service.facts([published('publication.succeeded', 'pub_2', { id: 'camp_spring', name: 'Spring' })], KEYS.admin);
  expect((await segmentsOf('pub')).sort()).toEqual(['Near', 'Reached']);
  await eventually(async () => expect(await membersOf(reached)).toEqual(['pub']));
  expect(await membersOf(near)).toEqual(['pub']);
  const activity = await call('GET', '/customers/pub/activity?campaign_id=camp_spring');
  expect(openapi.problems('ActivityList', activity)).toEqual([]);
  const [succeeded, failed] = ['customer.publication.succeeded', 'customer.publication.failed'];
  const types = activity.body.data.map((one: { type: string }) => one.type);
  expect([...types].sort()).toEqual([failed, succeeded]);
  expect(activity.body.data[types.indexOf(succeeded)].data.data).toMatchObject({
    customer: { source_id: 'pub' },
    campaign: { name: 'Spring' },
    publication: { id: 'pub_2', result: 'SUCCESS', voucher: { id: 'v_1' }, object: 'publication' },
  });
  const why = await service.call('GET', `/v1/customers/pub/segments/${reached}/why`, { key: KEYS.audit });
  expect(openapi.problems('SegmentWhy', why)).toEqual([]);
  expect(why.body.conditions).toMatchObject([
    { value: ['camp_spring'], because: { type: 'PublicationRecorded' } },
    { value: '2026-01-12T10:00:00.000Z', because: { type: 'PublicationRecorded' } },
  ]);
  expect(why.body.conditions.map(({ since }: { since?: string }) => since)).toEqual([undefined, undefined]);
});

test('a passive segment tells nothing, may be edited, and can become active', async () => {
  const id = await create({
    name: 'Named',
    type: 'passive',
    filter: { junction: 'or', name: { conditions: { $in: ['ada', 'eve'] } } },
  });
  expect(await membersOf(id)).toEqual(['ada', 'eve']);
  expect(await segmentsOf('eve')).toEqual(['Named']);
  const changed = await call('PUT', `/segments/${id}`, {
    filter: { junction: 'or', name: { conditions: { $is: 'eve' } } },
  });
  expect(changed.body).toMatchObject({ type: 'passive', filter: { name: { conditions: { $is: ['eve'] } } } });
  expect(changed.body.updated_at).not.toBeNull();
  expect(await membersOf(id)).toEqual(['eve']);
  expect((await call('GET', `/segments/${id}/activities`)).body.data).toEqual([]);
  await call('PUT', `/segments/${id}`, { type: 'auto-update', name: 'Eves' });
  await eventually(async () => expect((await call('GET', `/segments/${id}/activities`)).body.data).toHaveLength(1));
  expect(await membersOf(id)).toEqual(['eve']);
  expect((await call('PUT', `/segments/${id}`, { filter: SPENDERS })).status).toBe(400);
});

test('a static segment is a list', async () => {
  const { body: ada } = await call('GET', '/customers/ada');
  const id = await create({ name: 'Friends', type: 'static', customers: [ada.id] });
  expect(await membersOf(id)).toEqual(['ada']);
  expect((await call('PUT', `/segments/${id}`, { name: 'Old friends' })).body).toMatchObject({
    name: 'Old friends',
    type: 'static',
    customers_count: 1,
  });
  expect((await call('PUT', `/segments/${id}`, { filter: SPENDERS })).body).toMatchObject({
    code: 400,
    details: 'Of a segment of type static only the name can be changed',
  });
  expect((await call('PUT', `/segments/${id}`, { customers: [] })).body).toMatchObject({
    code: 400,
    details: 'Of a segment of type static only the name can be changed',
  });
  expect(
    (await call('POST', '/segments', { name: 'x', type: 'static', customers: ['cust_nobody'] })).body,
  ).toMatchObject({ code: 404, resource_id: 'cust_nobody' });
  expect((await call('DELETE', `/segments/${id}`)).status).toBe(204);
  expect((await call('GET', `/segments/${id}`)).body).toMatchObject({
    code: 404,
    details: `Cannot find segment with id ${id}`,
    resource_type: 'segment',
  });
  expect((await call('GET', `/customers?segment_id=${id}`)).status).toBe(404);
});

test('what was read may be written back, with another name', async () => {
  const { body: ada } = await call('GET', '/customers/ada');
  const bodies = [
    { type: 'static', customers: [ada.id] },
    { type: 'auto-update', filter: SPENDERS },
    { type: 'passive', filter: SPENDERS },
  ];
  for (const body of bodies) {
    const id = await create({ name: 'Before', ...body });
    const { body: read } = await call('GET', `/segments/${id}`);
    const { status, body: written } = await call('PUT', `/segments/${id}`, { ...read, name: 'After' });
    expect([status, written.name, written.filter]).toEqual([200, 'After', read.filter]);
    await call('DELETE', `/segments/${id}`);
  }
  const id = await create({ name: 'Passive', type: 'passive', filter: SPENDERS });
  expect((await call('PUT', `/segments/${id}`, { customers: [ada.id] })).body).toMatchObject({
    code: 400,
    details: 'A passive segment can become auto-update, not static',
  });
  expect((await call('PUT', `/segments/${id}`, { type: 'static' })).status).toBe(400);
  await call('DELETE', `/segments/${id}`);
});

test('who is deleted is in no static segment any more', async () => {
  const { body: gus } = await call('POST', '/customers', { source_id: 'gus' });
  const id = await create({ name: 'With Gus', type: 'static', customers: [gus.id] });
  const rules = { '1': { name: 'customer.segment', conditions: { $is: id } } };
  const { body: guarded } = await call('POST', '/validation-rules', { name: 'x', rules });
  const check = async (): Promise<boolean> =>
    (await call('POST', `/validation-rules/${guarded.id}/check`, { customer: { id: gus.id } })).body.valid as boolean;
  expect([await segmentsOf(gus.id), await check()]).toEqual([['With Gus'], true]);
  await call('DELETE', '/customers/gus');
  expect([await segmentsOf(gus.id), await check(), await membersOf(id)]).toEqual([[], false, []]);
});

test('a segment or rules deleted during a change are not found', async () => {
  const filter = { junction: 'and', name: { conditions: { $is: 'x' } } };
  const rules = { '1': { name: 'customer.created_at', conditions: { $before: '2020-01-01' } } };
  for (const [path, body] of [
    ['/segments', { name: 'x', type: 'passive', filter }],
    ['/validation-rules', { name: 'x', rules }],
  ] as const)
    for (let round = 0; round < 3; round++) {
      const at = `${path}/${(await call('POST', path, body)).body.id as string}`;
      const change = (n: number): Promise<Answer> => call('PUT', at, { name: `n${n}` });
      const answers = await Promise.all([
        change(1),
        change(2),
        call('DELETE', at),
        call('DELETE', at),
        ...[3, 4, 5, 6].map(change),
      ]);
      expect(answers.map(({ status }) => status).filter((status) => ![200, 204, 404].includes(status))).toEqual([]);
      expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    }
});

test('the longest names that customers can have may be asked for', async () => {
  const count = (name: string): Promise<Answer> =>
    call('POST', '/segments/preview', { filter: { junction: 'and', [name]: { conditions: { $has_value: true } } } });
  const [key, event] = ['k'.repeat(255), 'e'.repeat(300)];
  await call('POST', '/customers', { source_id: 'long', metadata: { [key]: 1 } });
  await call('POST', '/events', { event, customer: { source_id: 'long' } });
  for (const name of [`metadata.${key}`, `events.${event}.last_at`])
    expect((await count(name)).body).toMatchObject({ total: 1 });
  expect((await count(`metadata.${'k'.repeat(400)}`)).status).toBe(400);
  const rules = { '1': { name: `customer.metadata.${key}`, conditions: { $is: 1 } } };
  expect((await call('POST', '/validation-rules', { name: 'x', rules })).status).toBe(200);
});

test('an unknown customer is judged as an empty one; a preview counts and samples', async () => {
  const id = await create({
    name: 'No name',
    type: 'passive',
    filter: { junction: 'and', name: { conditions: { $is_unknown: true } } },
  });
  expect(await segmentsOf('unknown')).toEqual(['No name']);
  const preview = await call('POST', '/segments/preview', { filter: SPENDERS, limit: 1 });
  expect(openapi.problems('SegmentPreview', preview)).toEqual([]);
  expect(preview.body).toMatchObject({ total: 1, customers: [{ source_id: 'ada' }] });
  const list = await call('GET', '/segments?limit=2');
  expect(openapi.problems('SegmentList', list)).toEqual([]);
  expect(list.body.data[0].id).toBe(id);
  const next = await call('GET', `/segments?limit=1&starting_after=${list.body.data[0].id}`);
  expect(next.body.data[0].id).toBe(list.body.data[1].id);
  // from the beginning it would never end
  expect((await call('GET', '/segments?starting_after=seg_gone')).body).toMatchObject({
    code: 400,
    key: 'invalid_query_params',
  });
});

test('the list keeps to filters[...] and ids, and a cursor need not match them', async () => {
  const made = [];
  for (const name of ['Listed A', 'Listed B', 'Listed C'])
    made.push(await create({ name, type: 'passive', filter: SPENDERS }));
  const [a = '', b = '', c = ''] = made;
  const listed = async (query: string): Promise<string[]> => {
    const answer = await call('GET', `/segments?order=created_at&${query}`);
    expect(openapi.problems('SegmentList', answer)).toEqual([]);
    expect([answer.status, answer.body.total >= answer.body.data.length]).toEqual([200, true]);
    return answer.body.data.map(({ id }: { id: string }) => id) as string[];
  };
  expect(await listed('filters[name][conditions][$starts_with]=Listed')).toEqual([a, b, c]);
  expect(await listed('filters[name][conditions][$in][0]=Listed A&filters[name][conditions][$in][1]=Listed C')).toEqual(
    [a, c],
  );
  expect(
    await listed(`filters[junction]=or&filters[id][conditions][$is]=${b}&filters[name][conditions][$is]=Listed A`),
  ).toEqual([a, b]);
  expect(await listed('filters[created_at][conditions][$after]=2999-01-01')).toEqual([]);
  expect(await listed(`ids=${c}`)).toEqual([c]);
  expect(await listed(`ids[]=${a}&ids[]=${c}&type=passive`)).toEqual([a, c]);
  expect(await listed(`filters[id][conditions][$is]=${c}&starting_after=${a}`)).toEqual([c]);
  const { body } = await call('GET', '/segments?limit=1&filters[name][conditions][$contains]=isted');
  expect([body.total, body.has_more]).toEqual([3, true]);
  for (const query of [
    'filters[unknown][conditions][$is]=1',
    'filters[name][conditions][$near]=1',
    'filters=1',
    'starting_after=seg_none',
  ])
    expect((await call('GET', `/segments?${query}`)).body).toMatchObject({ code: 400, key: 'invalid_query_params' });
});

describe('bad input', () => {
  test.each([
    [{ name: 'x' }, 'Property .filter is required in a segment of type auto-update'],
    [{ name: 'x', type: 'static' }, 'Property .customers is required in a static segment'],
    [{ name: 'x', type: 'active', filter: SPENDERS }, 'Property .type must be one of: auto-update, passive, static'],
    [
      { name: 'x', filter: { junction: 'and', unknown: { conditions: { $is: 1 } } } },
      'Property .filter.unknown is not an attribute that can be filtered by',
    ],
  ])('%j is refused: %s', async (body, details) => {
    expect((await call('POST', '/segments', body)).body).toMatchObject({ code: 400, key: 'invalid_payload', details });
  });
});
