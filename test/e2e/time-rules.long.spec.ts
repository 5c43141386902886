import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADA, ahead, consent, Examples, named, statement, told } from '../support/arrival/examples.js';
import { Service } from '../support/service.js';
import { eventually } from '../support/wait.js';

/* The rules of time, ties, identity and names, each with the inputs that break a simpler one. `A2 m:true @5`: see `statement`. */

let examples: Examples;

beforeAll(async () => void (examples = new Examples(await Service.start())));
afterAll(() => examples.service.discard());

describe('R1 time counts with all its digits', () => {
  test('names at 00.000Z and at 00.0001Z: the second, though as texts it is the lesser', async () => {
    const facts = [named('z', '2024-05-01T10:00:00.000Z'), named('a', '2024-05-01T10:00:00.0001Z')];
    expect(await examples.inEveryOrder(facts, examples.documentOf())).toMatchObject({ name: 'a' });
  });

  test('names one nanosecond apart: the later one', async () => {
    const facts = [named('z', '2024-05-01T10:00:00.000000001Z'), named('a', '2024-05-01T10:00:00.000000002Z')];
    expect(await examples.inEveryOrder(facts, examples.documentOf())).toMatchObject({ name: 'a' });
  });

  test('a tenth digit is refused', async () => {
    expect(await examples.take(examples.fresh(), named('a', '2024-05-01T10:00:00.0000000001Z'))).toEqual([
      'invalid_payload',
    ]);
  });
});

describe('R2 one choice among all statements', () => {
  test('A1 3, A2 1, B 2: A2 stands for A, and B is greater: 2', async () => {
    expect(await examples.metadata('A1 m:3 @5', 'A2 m:1 @5', 'B m:2 @5')).toEqual({ m: 2 });
  });

  test('sequences compare as whole numbers: A9 2, A10 1 is 1', async () => {
    expect(await examples.metadata('A9 m:2 @5', 'A10 m:1 @5')).toEqual({ m: 1 });
  });

  test('a statement with a sequence stands above one of its source without: A 2, A1 1 is 1', async () => {
    expect(await examples.metadata('A m:2 @5', 'A1 m:1 @5')).toEqual({ m: 1 });
  });

  test('leading zeros say nothing: A010 1, A9 2 is 1', async () => {
    expect(await examples.metadata('A010 m:1 @5', 'A9 m:2 @5')).toEqual({ m: 1 });
  });

  test('a sequence decides within one time only: A9 1 @5, A1 2 @6 is 2', async () => {
    expect(await examples.metadata('A9 m:1 @5', 'A1 m:2 @6')).toEqual({ m: 2 });
  });

  test('a sequence that is no whole number is refused', async () => {
    expect(await examples.take(examples.fresh(), { ...named('a', 5), sequence: '1.5' })).toEqual(['invalid_payload']);
  });
});

describe('R3 at one time meaning decides', () => {
  test.each([
    ['null', 'false'],
    ['false', 'true'],
    ['true', '0'],
    ['900', '1000'],
    ['-2', '1'],
    ['1000', '"1"'],
    ['"\uFFE5"', '"\u{1F600}"'],
    ['"z"', '[1]'],
    ['[2]', '{"a":1}'],
    ['{"a":1}', '{"a":2}'],
  ])('%s is less than %s', async (less, greater) => {
    expect(await examples.metadata(`A m:${less} @5`, `B m:${greater} @5`)).toEqual({ m: JSON.parse(greater) });
  });

  test('a consent given and revoked: revoked', async () => {
    expect(await examples.consents('A news:true @5', 'B news:false @5')).toEqual({ news: false });
  });

  test('unsubscribed: true is a withdrawal, and wins over false', async () => {
    expect(await examples.consents('A unsubscribed:true @5', 'B unsubscribed:false @5')).toMatchObject({
      unsubscribed: true,
    });
  });

  test('the further status of an order wins', async () => {
    const order = (status: string) => told(`order.${status}`, 5, { id: '~o', ...ADA });
    const see = async (own: (name: string) => string) =>
      (await examples.call('GET', `/orders/${own('~o')}`)).body.status as unknown;
    expect(await examples.inEveryOrder([order('paid'), order('canceled'), order('created')], see)).toBe('CANCELED');
  });

  test('a command stands above a fact of its instant, and a withdrawal of that instant above both (R11)', async () => {
    const ada = `${examples.fresh()}ada`;
    await examples.call('POST', '/customers', { source_id: ada, name: 'a' });
    const [{ occurred_at }] = (await examples.history(ada)).slice(-1);
    const prefix = ada.slice(0, -3);
    await examples.tell(prefix, named('z', String(occurred_at)));
    expect(await examples.document(ada)).toMatchObject({ name: 'a' });
    await examples.call('PUT', `/customers/${ada}/consents`, { news: true });
    const given = (await examples.history(ada)).at(-1);
    await examples.tell(prefix, { ...consent('A news:false @5'), time: given.occurred_at as string });
    expect(await examples.given(ada)).toEqual({ news: false });
  });
});

describe('R4 what the fact said is compared', () => {
  test('two referrers at one time, named by source ids that are both unknown: the greater name, not the one heard of last', async () => {
    const referral = (referrer: string) =>
      told('customer.referred', 5, {
        ...ADA,
        referrer: { source_id: referrer },
        campaign: { id: 'c' },
        custom_event: { id: '~e' },
      });
    for (let round = 0; round < 4; round++) {
      await examples.inEveryOrder([referral('~x'), referral('~y')], async (own) => {
        await examples.referred(own('~y'), 1);
        await examples.referred(own('~x'), 0);
        const { referrals } = await examples.document(own('~ada'));
        expect(referrals.campaigns[0].referrer_id).toBe((await examples.document(own('~y'))).id);
        return referrals.total;
      });
    }
  });
});

describe('R5 unsubscribed: true denies what was given before', () => {
  test('A true @5, A false @10, A1 false @5, then news given @3: denied', async () => {
    const seen = await examples.consents(
      'A unsubscribed:true @5',
      'A unsubscribed:false @10',
      'A1 unsubscribed:false @5',
      'A news:true @3',
    );
    expect(seen).toEqual({ unsubscribed: false, news: false });
  });

  test('a consent given at its moment is denied, one given afterwards stands', async () => {
    expect(await examples.consents('A unsubscribed:true @5', 'A news:true @5', 'A mail:true @6')).toEqual({
      unsubscribed: true,
      news: false,
      mail: true,
    });
  });

  test('in one command it denies the consents given beside it', async () => {
    const ada = `${examples.fresh()}ada`;
    await examples.call('POST', '/customers', { source_id: ada });
    expect((await examples.call('PUT', `/customers/${ada}/consents`, { news: true, unsubscribed: true })).status).toBe(
      204,
    );
    expect(await examples.given(ada)).toEqual({ news: false, unsubscribed: true });
  });
});

describe('R6 an emptying is a statement about every key, and the lowest', () => {
  const said = (field: string, value: unknown, by?: string) =>
    told('customer.updated', 5, { source_id: '~ada', [field]: value }, by);

  test('address: null and {city: x} at one time: the city', async () => {
    expect(
      await examples.inEveryOrder([said('address', null), said('address', { city: 'x' }, 'B')], examples.documentOf()),
    ).toMatchObject({ address: { city: 'x' } });
  });

  test('metadata: null and {k: null} at one time: k is null', async () => {
    expect(
      await examples.inEveryOrder([said('metadata', null), said('metadata', { k: null }, 'B')], examples.documentOf()),
    ).toMatchObject({ metadata: { k: null } });
  });

  test('A1 {k: 1}, A2 metadata: null: no k, by sequence', async () => {
    const { metadata } = await examples.inEveryOrder(
      [said('metadata', { k: 1 }, 'A1'), said('metadata', null, 'A2')],
      examples.documentOf(),
    );
    expect(metadata ?? {}).toEqual({});
  });
});

describe('R7 once said, it counts', () => {
  test('A1 published, A2 not published at one time: published once', async () => {
    const conditions = { 'publications.related_object_id': { conditions: { $is: ['c7'] } } };
    await examples.call('POST', '/segments', {
      name: 'published',
      type: 'passive',
      filter: { junction: 'and', ...conditions },
    });
    const publication = (result: string, by: string) =>
      told(`publication.${result}`, 5, { id: '~u', campaign: { id: 'c7' }, ...ADA }, by);
    const see = async (own: (name: string) => string) =>
      (await examples.call('GET', `/customers/${own('~ada')}/segments`)).body.data.map(
        ({ name }: { name: string }) => name,
      ) as string[];
    expect(await examples.inEveryOrder([publication('succeeded', 'A1'), publication('failed', 'A2')], see)).toEqual([
      'published',
    ]);
  });

  test('a customer exists since the earliest time, whatever the sequence', async () => {
    expect(
      await examples.inEveryOrder([named('a', 5, 'A9'), named('b', 3, 'A1')], examples.documentOf()),
    ).toMatchObject({
      created_at: '2024-05-01T10:00:03.000Z',
    });
  });
});

describe('R8 a command is later than all that it overrides', () => {
  test('address: null 200 s ahead, then PUT {city: x}: the city shows', async () => {
    const prefix = examples.fresh();
    await examples.tell(prefix, told('customer.updated', ahead(200), { source_id: '~ada', address: null }));
    await examples.call('PUT', `/customers/${prefix}ada`, { address: { city: 'x' } });
    expect(await examples.document(`${prefix}ada`)).toMatchObject({ address: { city: 'x' } });
  });

  test('metadata {k: 1} 200 s ahead, then PUT metadata: null: no k', async () => {
    const prefix = examples.fresh();
    await examples.tell(prefix, told('customer.updated', ahead(200), { source_id: '~ada', metadata: { k: 1 } }));
    await examples.call('PUT', `/customers/${prefix}ada`, { metadata: null });
    expect((await examples.document(`${prefix}ada`)).metadata ?? {}).toEqual({});
  });

  test('unsubscribed 200 s ahead, then PUT consents {news: true}: given', async () => {
    const prefix = examples.fresh();
    await examples.tell(prefix, { ...consent('A unsubscribed:true @5'), time: ahead(200) });
    await examples.call('PUT', `/customers/${prefix}ada/consents`, { news: true });
    expect(await examples.given(`${prefix}ada`)).toMatchObject({ news: true });
  });

  test('news given 200 s ahead, then PUT consents {unsubscribed: true}: denied', async () => {
    const prefix = examples.fresh();
    await examples.tell(prefix, { ...consent('A news:true @5'), time: ahead(200) });
    await examples.call('PUT', `/customers/${prefix}ada/consents`, { unsubscribed: true });
    expect(await examples.given(`${prefix}ada`)).toEqual({ news: false, unsubscribed: true });
  });

  test('a name 200 s ahead, then three commands: each is what is read next', async () => {
    const prefix = examples.fresh();
    await examples.tell(prefix, named('z', ahead(200)));
    for (const name of ['a', 'c', 'b']) {
      await examples.call('PUT', `/customers/${prefix}ada`, { name });
      expect(await examples.document(`${prefix}ada`)).toMatchObject({ name });
    }
  });
});

describe('R9 nothing new, no event', () => {
  /** Two commands, and an instant between them. */
  const twice = async (
    first: object,
    second: object,
    path = '',
  ): Promise<{ prefix: string; between: string; events: number }> => {
    const prefix = examples.fresh();
    await examples.call('POST', '/customers', { source_id: `${prefix}ada` });
    await examples.call('PUT', `/customers/${prefix}ada${path}`, first);
    const events = (await examples.history(`${prefix}ada`)).length;
    await sleep(20);
    const between = new Date(Date.now() - 5).toISOString();
    await sleep(20);
    await examples.call('PUT', `/customers/${prefix}ada${path}`, second);
    return { prefix, between, events: (await examples.history(`${prefix}ada`)).length - events };
  };

  test('the same name twice: one event; a fact dated in between counts', async () => {
    const { prefix, between, events } = await twice({ name: 'a' }, { name: 'a' });
    expect(events).toBe(0);
    await examples.tell(prefix, named('z', between));
    expect(await examples.document(`${prefix}ada`)).toMatchObject({ name: 'z' });
  });

  test('the same name beside a new email: the event keeps both; a name dated in between does not count', async () => {
    const { prefix, between, events } = await twice({ name: 'a' }, { name: 'a', email: 'e' });
    expect(events).toBe(1);
    await examples.tell(prefix, named('z', between));
    expect(await examples.document(`${prefix}ada`)).toMatchObject({ name: 'a', email: 'e' });
  });

  test('the same consent twice: two events; a withdrawal dated in between does not count', async () => {
    const { prefix, between, events } = await twice({ news: true }, { news: true }, '/consents');
    expect(events).toBe(1);
    await examples.tell(prefix, { ...consent('A news:false @5'), time: between });
    expect(await examples.given(`${prefix}ada`)).toEqual({ news: true });
  });
});

describe('R10 a row counts once', () => {
  test("a source that is the ledger's own is refused", async () => {
    expect(await examples.take(examples.fresh(), { ...named('a', 5), source: '/v1/async-actions/aa_1' })).toEqual([
      expect.not.stringMatching(/^(accepted|duplicate)$/),
    ]);
  });
});

describe('R11 what remains', () => {
  test('a fact that arrives after a command and is dated later counts', async () => {
    const prefix = examples.fresh();
    await examples.call('POST', '/customers', { source_id: `${prefix}ada`, name: 'a' });
    await examples.tell(prefix, named('z', ahead(20)));
    expect(await examples.document(`${prefix}ada`)).toMatchObject({ name: 'z' });
  });
});

describe('R12 two facts are one if all that they say is equal', () => {
  test('B1 false, A3 true, B3 true at one time: true', async () => {
    expect(await examples.metadata('B1 m:false @5', 'A3 m:true @5', 'B3 m:true @5')).toEqual({ m: true });
  });

  test('two visits in one second without ids of their own count twice', async () => {
    const visit = () => told('customer.custom_event', 5, { type: 'visit', ...ADA });
    const see = async (own: (name: string) => string) =>
      (await examples.activity(own('~ada'))).filter(({ type }) => type === 'customer.custom_event').length;
    expect(await examples.inEveryOrder([visit(), visit()], see)).toBe(2);
  });

  test('one fact under two CloudEvents ids leaves one event', async () => {
    const prefix = examples.fresh();
    const [first, second] = [statement('A2 m:1 @5'), statement('A2 m:1 @5')];
    expect(await examples.take(prefix, first)).toEqual(['accepted']);
    expect(await examples.take(prefix, { ...second, time: '2024-05-01T12:00:05.000+02:00' })).toEqual(['duplicate']);
  });

  test('one statement of two sources is two facts', async () => {
    const prefix = examples.fresh();
    await examples.tell(prefix, statement('A m:1 @5'));
    expect(await examples.take(prefix, statement('B m:1 @5'))).toEqual(['accepted']);
  });
});

describe('R13 each distinct fact leaves one event of its own', () => {
  test('a late name that changes nothing now is what was true then', async () => {
    const prefix = examples.fresh();
    await examples.tell(prefix, named('b', 10), named('a', 5));
    expect((await examples.history(`${prefix}ada`)).map(({ type }) => type as unknown)).toEqual([
      'CustomerCreated',
      'CustomerUpdated',
      'CustomerUpdated',
    ]);
    const { body } = await examples.call('GET', `/customers/${prefix}ada?happened_as_of=2024-05-01T10:00:07Z`);
    expect(body).toMatchObject({ name: 'a' });
  });
});

describe('R14 one source, id and sequence with other content', () => {
  test('is rejected, and the first one stands', async () => {
    const prefix = examples.fresh();
    const first = statement('A m:1 @5');
    await examples.tell(prefix, first);
    expect(await examples.take(prefix, { ...statement('A m:2 @6'), id: first.id })).toEqual(['fact_conflict']);
    expect(await examples.document(`${prefix}ada`)).toMatchObject({ metadata: { m: 1 } });
  });

  test('under another sequence it is another fact', async () => {
    const prefix = examples.fresh();
    const first = statement('A1 m:1 @5');
    await examples.tell(prefix, first, { ...statement('A2 m:2 @6'), id: first.id });
    expect(await examples.document(`${prefix}ada`)).toMatchObject({ metadata: { m: 2 } });
  });
});

describe('R15 the digest of a fact', () => {
  test('is shown nowhere in the history', async () => {
    const prefix = examples.fresh();
    await examples.tell(prefix, statement('A m:1 @5'));
    expect(JSON.stringify(await examples.history(`${prefix}ada`))).not.toMatch(/digest/);
  });
});

test('the rules keep their answers when all is told at once', async () => {
  const prefix = examples.fresh();
  const facts = ['A1 m:3 @5', 'A2 m:1 @5', 'B m:2 @5'].map(statement);
  expect(await examples.take(prefix, ...facts)).toEqual(['accepted', 'accepted', 'accepted']);
  await eventually(async () => expect(await examples.document(`${prefix}ada`)).toMatchObject({ metadata: { m: 2 } }));
});
