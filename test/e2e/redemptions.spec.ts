import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fact } from '../support/facts.js';
import { OpenApi } from '../support/openapi.js';
import { sdk } from '../support/sdk.js';
import { KEYS, Service } from '../support/service.js';

let service: Service;
let api: OpenApi;
let client: ReturnType<typeof sdk>;

const customer = { source_id: 'redeemer' };
const voucher = { id: 'v_gift', code: 'GIFT-1', type: 'GIFT_VOUCHER', campaign: 'Gifts', campaign_id: 'camp_gifts' };
const day = (n: number): string => `2024-03-0${n}T12:00:00.000Z`;

beforeAll(async () => {
  service = await Service.start();
  api = await OpenApi.of(service);
  client = sdk(service, api, KEYS.admin);
  await client.customers.create({ ...customer, name: 'Ada' });
  const { body } = await service.facts(
    [
      fact('order.paid', day(1), { id: 'o_1', amount: 500, customer }),
      fact('redemption.succeeded', day(1), {
        id: 'r_1',
        voucher,
        gift: { amount: 200 },
        order: { id: 'o_1' },
        tracking_id: 'track_1',
        customer,
      }),
      fact('redemption.failed', day(2), { id: 'r_2', failure_code: 'voucher_expired', customer }),
      fact('redemption.succeeded', day(3), { id: 'r_3', date: day(4), voucher, order: { id: 'o_later' }, customer }),
      fact('redemption.rollback.succeeded', day(5), { id: 'rr_3', redemption: 'r_3', reason: 'mistake', customer }),
      fact('redemption.rollback.failed', day(5), { id: 'rr_early', redemption: 'r_unseen', customer }),
      fact('redemption.succeeded', day(3), { id: 'r_other', customer: { source_id: 'another-person' } }),
    ],
    KEYS.admin,
  );
  expect(body).toMatchObject({ accepted: 7 });
});

afterAll(async () => {
  await service.discard();
});

describe('client.redemptions of the official SDK: what can be read', () => {
  test('get', async () => {
    const redemption = await client.redemptions.get('r_1');
    expect(api.problems('Redemption', { body: redemption })).toEqual([]);
    expect(redemption).toMatchObject({
      id: 'r_1',
      object: 'redemption',
      date: day(1),
      result: 'SUCCESS',
      status: 'SUCCEEDED',
      tracking_id: 'track_1',
      gift: { amount: 200 },
      customer: { name: 'Ada', source_id: 'redeemer', email: null, object: 'customer' },
      voucher: { ...voucher, object: 'voucher' },
      related_object_type: 'voucher',
      related_object_id: 'v_gift',
      order: { id: 'o_1', amount: 500, status: 'PAID', redemptions: { r_1: { related_object_id: 'v_gift' } } },
      rollbacks: [],
    });
  });

  test('one that was taken back, whose order is not known', async () => {
    expect(await client.redemptions.get('r_3')).toMatchObject({
      date: day(4),
      result: 'SUCCESS',
      status: 'ROLLED_BACK',
      order: { id: 'o_later', object: 'order' },
      rollbacks: [
        {
          id: 'rr_3',
          object: 'redemption_rollback',
          date: day(5),
          redemption: 'r_3',
          result: 'SUCCESS',
          reason: 'mistake',
        },
      ],
    });
  });

  test('list with the filters of the contract, newest first', async () => {
    const ids = async (params: object): Promise<string[]> => {
      const list = await client.redemptions.list(params);
      expect(api.problems('RedemptionList', { body: list })).toEqual([]);
      return list.redemptions.map(({ id }) => id);
    };
    expect(await ids({ customer: 'redeemer' })).toEqual(['r_3', 'r_2', 'r_1']);
    expect(await ids({ customer: 'redeemer', limit: 2, page: 2 })).toEqual(['r_1']);
    expect(await ids({ result: 'FAILURE' })).toEqual(['r_2']);
    expect(await ids({ campaign: 'Gifts', order: 'created_at' })).toEqual(['r_1', 'r_3']);
    expect(await ids({ created_at: { after: day(1), before: day(4) } })).toEqual(['r_other', 'r_2']);
    expect(await ids({ customer: 'unknown' })).toEqual([]);
    expect(await ids({})).toHaveLength(4);
  });

  test('getForVoucher, by code', async () => {
    const list = await client.redemptions.getForVoucher('GIFT-1');
    expect(api.problems('VoucherRedemptionList', { body: list })).toEqual([]);
    expect([list.total, list.redemption_entries?.map(({ id }) => id)]).toEqual([2, ['r_3', 'r_1']]);
    await expect(client.redemptions.getForVoucher('nothing')).rejects.toMatchObject({
      code: 404,
      resource_type: 'voucher',
    });
  });

  test('errors', async () => {
    for (const id of ['r_unseen', 'nothing'])
      await expect(client.redemptions.get(id)).rejects.toMatchObject({
        code: 404,
        key: 'not_found',
        details: `Cannot find redemption with id ${id}`,
        resource_type: 'redemption',
      });
    await expect(client.redemptions.list({ result: 'MAYBE' as never })).rejects.toMatchObject({
      code: 400,
      key: 'invalid_query_params',
    });
  });
});

test('what redeems, takes back or validates is refused by name', async () => {
  const refused = { code: 405, key: 'method_not_allowed', details: expect.stringContaining('POST /v1/facts') };
  await expect(client.redemptions.redeem('GIFT-1')).rejects.toMatchObject(refused);
  await expect(client.redemptions.redeemStackable({ redeemables: [] })).rejects.toMatchObject(refused);
  await expect(client.redemptions.rollback('r_1', { reason: 'why' })).rejects.toMatchObject(refused);
  await expect(client.redemptions.rollbackStackable('r_1', {})).rejects.toMatchObject(refused);
  await expect(client.validations.validateVoucher('GIFT-1')).rejects.toMatchObject(refused);
  await expect(client.validations.validateStackable({ redeemables: [] })).rejects.toMatchObject(refused);
  const { paths } = (await service.call('GET', '/openapi.json')).body;
  expect(Object.keys(paths['/v1/redemptions'])).toEqual(['get']);
});

test('redemptions of a customer who goes are gone', async () => {
  await client.customers.delete('another-person');
  await expect(client.redemptions.get('r_other')).rejects.toMatchObject({ code: 404 });
});
