import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RUNS, SEEDS } from '../../libs/customer/src/runs.fixture.js';
import { ahead, told } from '../support/arrival/examples.js';
import { prefixed } from '../support/arrival/observation.js';
import { type Answer, KEYS, Service } from '../support/service.js';

/*
 * The second property: commands and facts about one customer in any order. What an acknowledged command said that left an
 * event is what is read, until a fact comes that is dated later. Facts are dated up to 200 s ahead of the clock.
 */

const ORIGIN = 'https://shop.example';
let addresses = 0;
/** Each call as from a browser of its own: one is slowed down. */
const client = () => ({
  'x-client-application-id': 'shop-client',
  'x-client-token': 'secret',
  'x-forwarded-for': `10.0.${(addresses += 1) >> 8}.${addresses & 255}`,
  origin: ORIGIN,
});
const PAST = ['2024-05-01T10:00:00Z', '2024-05-01T10:00:00.0005Z', '2024-05-02T10:00:00Z'];
const AHEAD_S_MAX = 200;
const STEPS_MAX = 16;

/** Values by path: `name`, `metadata.x`, `consents.news`, `order.status`. Undefined: must not show. */
type Said = Readonly<Record<string, unknown>>;

interface Saying {
  readonly kind: 'profile' | 'consents' | 'order';
  readonly body: Readonly<Record<string, unknown>>;
}

type Step =
  | ({ readonly by: 'command'; readonly way: number } & Saying)
  | ({
      readonly by: 'fact';
      readonly past: string | undefined;
      readonly ahead_s: number;
      readonly sequence: string | undefined;
    } & Saying);

const text = fc.constantFrom('a', 'b', 'c');
const some = (fields: Readonly<Record<string, fc.Arbitrary<unknown>>>) =>
  fc
    .record(fields, { requiredKeys: [], noNullPrototype: true })
    .filter((said) => Object.keys(said).length > 0) as fc.Arbitrary<Saying['body']>;
const keys = (...names: readonly string[]) =>
  fc.option(some(Object.fromEntries(names.map((name) => [name, fc.option(text)]))));
const saying: fc.Arbitrary<Saying> = fc.oneof(
  fc.record({
    kind: fc.constant('profile' as const),
    body: some({
      name: fc.option(text),
      email: fc.option(text),
      address: keys('city', 'country'),
      metadata: keys('x', 'y'),
    }),
  }),
  fc.record({
    kind: fc.constant('consents' as const),
    body: some({ news: fc.boolean(), mail: fc.boolean(), unsubscribed: fc.boolean() }),
  }),
  fc.record({
    kind: fc.constant('order' as const),
    body: some({
      status: fc.constantFrom('CREATED', 'PAID', 'FULFILLED', 'CANCELED'),
      amount: fc.constantFrom(9, 10, 900, 1_000),
    }),
  }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(saying, fc.nat(2)).map(([one, way]) => ({ by: 'command' as const, way, ...one })),
  fc
    .record({
      one: saying,
      past: fc.constantFrom(...PAST, undefined, undefined),
      ahead_s: fc.integer({ min: 1, max: AHEAD_S_MAX }),
      sequence: fc.constantFrom(undefined, '1', '9'),
    })
    .map(({ one, ...told }) => ({ by: 'fact' as const, ...told, ...one })),
);

const aSequence = fc.array(step, { minLength: 2, maxLength: STEPS_MAX, size: 'max' });
/** Tries that the search for a smaller sequence has. */
const SHRINKS_MAX = 60;

let service: Service;
let runs = 0;

beforeAll(async () => {
  service = await Service.start({
    env: {
      CLIENT_KEYS: 'shop-client:secret',
      CLIENT_ORIGINS: ORIGIN,
      TRUSTED_PROXIES: '127.0.0.1',
      READ_CONSISTENCY: 'store',
    },
  });
  for (const id of ['news', 'mail']) await service.call('POST', '/v1/consents', { body: { id, name: id } });
});
afterAll(() => service.discard());

/** Nine digits, so that texts compare as times. */
const nine = (time: string): string =>
  time.replace(/(?:\.(\d+))?Z$/, (_, digits = '') => `.${String(digits).padEnd(9, '0')}Z`);

/** The fields that a body sets, by path. Null is as good as absent, false as not given; an emptying says it of every key. */
function saidBy({ kind, body }: Saying): Said {
  if (kind === 'order') return Object.fromEntries(Object.entries(body).map(([key, value]) => [`order.${key}`, value]));
  if (kind === 'consents')
    return Object.fromEntries(Object.entries(body).map(([key, value]) => [`consents.${key}`, value || undefined]));
  const said = Object.entries(body).flatMap(([field, value]): [string, unknown][] => {
    const known = { address: ['city', 'country'], metadata: ['x', 'y'] }[field];
    if (known === undefined) return [[field, value ?? undefined]];
    if (value === null) return known.map((key) => [`${field}.${key}`, undefined]);
    return Object.entries(value as object).map(([key, one]) => [`${field}.${key}`, one ?? undefined]);
  });
  return Object.fromEntries(said);
}

/** A withdrawal of everything is one of each consent; so is one in the same command. */
function ruledBy(one: Saying): Said {
  const said = saidBy(one);
  return one.kind === 'consents' && one.body['unsubscribed'] === true
    ? { ...said, 'consents.news': undefined, 'consents.mail': undefined }
    : said;
}

interface Newest {
  readonly revision: number;
  readonly occurred_at: string;
}

/** One customer, what commands said of it, and since when that stands. */
class Customer {
  readonly prefix = `c${String(runs++).padStart(6, '0')}.`;
  private readonly stands = new Map<string, { readonly value: unknown; readonly since: string }>();
  private hasOrder = false;

  async take(one: Step): Promise<void> {
    if (one.by === 'fact') return this.tell(one);
    const before = await this.command(one, one.way);
    const after = await this.newest();
    const shown = await this.shown();
    const said = ruledBy(one);
    // a refused or an unneeded command leaves no event; what an unneeded one said shows all the same
    if (after && after.revision !== before?.revision)
      for (const [path, value] of Object.entries(said))
        this.stands.set(path, { value, since: nine(after.occurred_at) });
    expect(pick(shown, said)).toEqual(said);
    this.expectStanding(shown);
  }

  async check(): Promise<void> {
    this.expectStanding(await this.shown());
  }

  private expectStanding(shown: Said): void {
    const standing = Object.fromEntries([...this.stands].map(([path, { value }]) => [path, value]));
    expect(pick(shown, standing)).toEqual(standing);
  }

  private async tell(one: Step & { by: 'fact' }): Promise<void> {
    const time = one.past ?? ahead(one.ahead_s);
    const customer = { source_id: '~ada' };
    const types = { profile: 'customer.updated', order: 'order.updated', consents: '' };
    const facts =
      one.kind === 'consents'
        ? [true, false].flatMap((given) => {
            const consents = Object.entries(one.body)
              .filter(([, value]) => value === given)
              .map(([id]) => ({ id }));
            return consents.length > 0
              ? [told(`customer.consents.${given ? 'given' : 'revoked'}`, time, { customer, consents })]
              : [];
          })
        : [
            told(
              types[one.kind],
              time,
              one.kind === 'order' ? { id: '~o', ...one.body, customer } : { ...customer, ...one.body },
            ),
          ];
    const sequenced = facts.map((fact) => ({ ...fact, ...(one.sequence !== undefined && { sequence: one.sequence }) }));
    const { body } = await service.facts(prefixed(sequenced, this.prefix), KEYS.admin);
    expect(body.rejected).toBe(0);
    this.hasOrder ||= one.kind === 'order';
    for (const path of Object.keys(ruledBy(one))) {
      const standing = this.stands.get(path);
      if (standing && nine(time) > standing.since) this.stands.delete(path);
    }
    await this.check();
  }

  /** Resolves with the newest event before it. */
  private async command(one: Saying, way: number): Promise<Newest | undefined> {
    const name = `${this.prefix}ada`;
    let before = await this.newest();
    let answer = await this.request(one, way, name);
    if (answer.status === 404) {
      await service.call('POST', '/v1/customers', { body: { source_id: name } });
      // the command itself may leave no event
      before = await this.newest();
      answer = await this.request(one, way, name);
    }
    expect([answer.text, answer.status < 300]).toEqual([answer.text, true]);
    return before;
  }

  private async request({ kind, body }: Saying, way: number, name: string): Promise<Answer> {
    if (kind === 'profile')
      return way === 0
        ? service.call('POST', '/v1/customers', { body: { ...body, source_id: name } })
        : service.call('PUT', `/v1/customers/${name}`, { body });
    if (kind === 'consents')
      return way === 0
        ? service.call('PUT', `/client/v1/customers/${name}/consents`, { key: null, headers: client(), body })
        : service.call('PUT', `/v1/customers/${name}/consents`, { body });
    const order = `${this.prefix}o`;
    if (this.hasOrder && way > 0) return service.call('PUT', `/v1/orders/${order}`, { body });
    this.hasOrder = true;
    return service.call('POST', '/v1/orders', { body: { ...body, id: order, customer: { source_id: name } } });
  }

  private async newest(): Promise<Newest | undefined> {
    const { status, body } = await service.call(
      'GET',
      `/v1/customers/${this.prefix}ada/history?order=-revision&limit=1`,
    );
    return status === 404 ? undefined : body.events[0];
  }

  private async shown(): Promise<Said> {
    const { status, body } = await service.call('GET', `/v1/customers/${this.prefix}ada`);
    if (status === 404) return {};
    const consents = Object.entries((body.system_metadata.consents ?? {}) as Record<string, { value: boolean }>);
    const order = this.hasOrder ? (await service.call('GET', `/v1/orders/${this.prefix}o`)).body : {};
    return {
      ...flat('', { name: body.name, email: body.email }),
      ...flat('address.', body.address),
      ...flat('metadata.', body.metadata),
      ...Object.fromEntries(consents.map(([id, { value }]) => [`consents.${id}`, value || undefined])),
      ...flat('order.', { status: order.status, amount: order.amount }),
    };
  }
}

const flat = (prefix: string, fields: object | null | undefined): Said =>
  Object.fromEntries(
    Object.entries(fields ?? {}).map(([key, value]) => [prefix + key, (value as unknown) ?? undefined]),
  );

const pick = (shown: Said, paths: Said): Said =>
  Object.fromEntries(Object.keys(paths).map((path) => [path, shown[path]]));

describe('what an acknowledged command said is read, until a fact comes that is dated later', () => {
  test.each(SEEDS)(`${RUNS.commands} sequences of seed %i`, async (seed) => {
    const path = process.env['PROPERTY_PATH'];
    let shrinks = 0;
    const holds = fc.asyncProperty(aSequence, async (steps) => {
      if (shrinks > SHRINKS_MAX) return;
      const customer = new Customer();
      try {
        for (const one of steps) await customer.take(one);
        await customer.check();
      } catch (error) {
        shrinks += 1;
        throw error;
      }
      if (shrinks > 0) shrinks += 1;
    });
    await fc.assert(holds, { seed, numRuns: RUNS.commands, ...(path !== undefined && { path }) });
  });
});
