import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OpenApi } from '../support/openapi.js';
import { sdk } from '../support/sdk.js';
import { KEYS, Service } from '../support/service.js';

let service: Service;
let api: OpenApi;
let client: ReturnType<typeof sdk>;

/** The SDK's type asks for the name a second time. */
const track = (name: string, params: object) => client.events.create(name, params as never);

beforeAll(async () => {
  service = await Service.start();
  api = await OpenApi.of(service);
  client = sdk(service, api);
});

afterAll(async () => {
  await service.discard();
});

describe('consents', () => {
  test('are defined by an admin and listed by every key in the form of the contract', async () => {
    expect(await client.consents.list()).toEqual({
      groups: { object: 'list', total: 0, data_ref: 'data', data: [] },
      consents: { object: 'list', total: 0, data_ref: 'data', data: [] },
    });
    const consent = api.shaped(
      'Consent',
      await service.call('POST', '/v1/consents', { body: { id: 'cnst_mail', name: 'Mail', category: 'news' } }),
    );
    const made = api.shaped('Consent', await service.call('POST', '/v1/consents', { body: { name: 'Calls' } }));
    expect(made.id).toMatch(/^cnst_[A-Za-z0-9]{24}$/);
    const group = api.shaped(
      'ConsentGroup',
      await service.call('POST', '/v1/consents/groups', { body: { name: 'All', consents: ['cnst_mail', made.id] } }),
    );
    expect(group.id).toMatch(/^cnstgr_[A-Za-z0-9]{24}$/);
    const lists = await client.consents.list();
    expect(api.problems('ConsentLists', { body: lists })).toEqual([]);
    expect(lists).toMatchObject({ groups: { total: 1, data: [group] }, consents: { total: 2, data: [consent, made] } });
    expect((await service.call('DELETE', `/v1/consents/${made.id}`)).status).toBe(204);
    const { body } = await service.call('PUT', `/v1/consents/groups/${group.id}`, { body: { name: 'Some' } });
    expect(body).toMatchObject({ name: 'Some', consents: ['cnst_mail'] });
    expect((await service.call('DELETE', `/v1/consents/groups/${group.id}`)).status).toBe(204);
    expect(await client.consents.list()).toMatchObject({ groups: { total: 0 }, consents: { total: 1 } });
  });

  test('a change keeps its evidence: who, when, through what, to which wording', async () => {
    await service.call('POST', '/v1/consents', { body: { id: 'cnst_evidence', name: 'First wording' } });
    await service.call('PUT', '/v1/consents/cnst_evidence', { body: { name: 'Second wording' } });
    const { id } = (await client.customers.create({ source_id: 'consenting' })) as { id: string };
    await client.customers.updateConsents(id, { cnst_evidence: true, cnst_undefined: true });
    const { body } = await service.call('GET', `/v1/customers/${id}/history?type=ConsentChanged`, { key: KEYS.audit });
    expect(body.events).toEqual([
      expect.objectContaining({
        actor: { channel: 'API', key: KEYS.write.app_id },
        recorded_at: expect.stringMatching(/Z$/),
        schema: 3,
        data: { consents: { cnst_evidence: true, cnst_undefined: true }, wordings: { cnst_evidence: 2 } },
      }),
    ]);
    const customer = (await client.customers.get(id)) as { system_metadata?: object };
    expect(customer.system_metadata).toMatchObject({ consents: { cnst_evidence: { value: true } } });
  });

  test('definitions are there after a restart', async () => {
    const before = await client.consents.list();
    await service.stop();
    service = await Service.start({ directory: service.directory });
    const { body } = await service.call('GET', '/v1/consents');
    expect(body).toEqual(before);
    client = sdk(service, api);
  });

  test('errors', async () => {
    const twice = await service.call('POST', '/v1/consents', { body: { id: 'cnst_mail', name: 'Mail' } });
    expect(twice.body).toMatchObject({ code: 409, key: 'duplicate_found', resource_type: 'consent' });
    const unknown = await service.call('PUT', '/v1/consents/cnst_no', { body: { name: 'x' } });
    expect(unknown.body).toMatchObject({
      code: 404,
      details: 'Cannot find consent with id cnst_no',
      resource_type: 'consent',
    });
    expect((await service.call('DELETE', '/v1/consents/groups/no')).body).toMatchObject({
      code: 404,
      resource_type: 'consent_group',
    });
    expect((await service.call('POST', '/v1/consents', { body: {} })).body.details).toContain("property 'name'");
    const nowhere = await service.call('POST', '/v1/consents/groups', { body: { name: 'x', consents: ['no'] } });
    expect(nowhere.body).toMatchObject({ code: 404, resource_id: 'no' });
    for (const [method, path] of [
      ['POST', '/v1/consents'],
      ['PUT', '/v1/consents/cnst_mail'],
      ['DELETE', '/v1/consents/cnst_mail'],
      ['POST', '/v1/consents/groups'],
    ] as const)
      expect((await service.call(method, path, { key: KEYS.write, body: { name: 'x' } })).status).toBe(403);
  });
});

describe('client.events.create', () => {
  test('records the event and creates or updates the customer', async () => {
    const event = await track('wishlist', {
      customer: { source_id: 'tracked', email: 'a@example.test' } as never,
      metadata: { sku: 7 },
      referral: { code: 'R1' },
    });
    expect(api.problems('Event', { body: event })).toEqual([]);
    expect(event).toMatchObject({
      object: 'event',
      type: 'wishlist',
      customer: { source_id: 'tracked', email: 'a@example.test', name: null, object: 'customer' },
      referral: null,
      loyalty: null,
      metadata: { sku: 7 },
    });
    await track('wishlist', { customer: { source_id: 'tracked', name: 'Ada' } });
    expect(await client.customers.get('tracked')).toMatchObject({ name: 'Ada', email: 'a@example.test' });
    const { data } = await client.customers.listActivity('tracked', { limit: 10 });
    expect(data.map((entry) => entry['type'])).toEqual([
      'customer.custom_event',
      'customer.updated',
      'customer.custom_event',
      'customer.created',
    ]);
    expect(data[2]).toMatchObject({
      data: { data: { event: { type: 'wishlist', metadata: { sku: 7 }, referral: { code: 'R1' } } } },
    });
  });

  test('once per Idempotency-Key', async () => {
    const options = {
      key: KEYS.write,
      body: { event: 'once', customer: { source_id: 'tracked-once' } },
      headers: { 'idempotency-key': 'event-1' },
    };
    const [first, second] = [
      await service.call('POST', '/v1/events', options),
      await service.call('POST', '/v1/events', options),
    ];
    expect(api.shaped('Event', second)).toEqual(api.shaped('Event', first));
    const { body } = await service.call('GET', '/v1/customers/tracked-once/activity', { key: KEYS.write });
    expect(body.data).toHaveLength(2);
  });

  test('errors', async () => {
    await expect(track('x', { customer: { id: 'cust_no' } })).rejects.toMatchObject({
      code: 404,
      key: 'not_found',
      details: 'Cannot find customer with id cust_no',
      resource_type: 'customer',
    });
    await expect(track('', { customer: { source_id: 'a' } })).rejects.toMatchObject({
      code: 400,
      key: 'invalid_payload',
    });
    await expect(track('x'.repeat(301), { customer: { source_id: 'a' } })).rejects.toMatchObject({ code: 400 });
    await expect(track('x', {})).rejects.toMatchObject({
      code: 400,
      details: "Payload should have required property 'customer'",
    });
  });
});
