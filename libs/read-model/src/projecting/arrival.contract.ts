import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as rules from '#customer';
import { at } from '../histories.double.js';
import { Log } from '../log.double.js';
import { Projector } from './projector.js';
import type { ActivityPage } from '../queries/activity.js';
import type { ReadModel } from '../read-model.js';
import { atOnce, clear, rows } from '../tables.double.js';
import { runs } from '../../../customer/src/runs.fixture.js';

/* Facts about one customer: few ids, few times and few senders, so that facts meet. */

const customer = { source_id: 'ada' };
const [first, second] = [fc.constantFrom('1', '2'), fc.constantFrom('1', '2', '3')];
const voucher = fc.constantFrom(
  { id: 'v1', type: 'LOYALTY_CARD', campaign: 'One', campaign_id: 'c1' },
  { id: 'v2', type: 'GIFT_VOUCHER' },
);
const campaign = fc.constantFrom({ id: 'c1', name: 'One' }, { name: 'Two' });
const result = fc.constantFrom('SUCCESS' as const, 'FAILURE' as const);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
/** Removes undefined fields, as parsed facts have none. */
const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc
    .record(fields)
    .map((all) => Object.fromEntries(Object.entries(all as object).filter(([, one]) => one !== undefined)) as T);

interface Fact {
  readonly name: string;
  readonly input: unknown;
  readonly at: string;
  readonly source: string;
  readonly sequence: string | undefined;
}

const RULES = {
  profile: [
    rules.recordProfile,
    record({
      ...customer,
      source_id: fc.constant('ada'),
      created: fc.boolean(),
      name: maybe(fc.constantFrom('Ada', 'Bob', null)),
      created_at: maybe(fc.constantFrom(at(1), at(2))),
    }),
  ],
  order: [
    rules.record.order,
    record({
      id: first,
      told_as: fc.constantFrom('created', 'created', 'updated', 'paid', 'fulfilled'),
      status: maybe(fc.constantFrom('CREATED', 'PAID', 'FULFILLED')),
      amount: maybe(fc.constantFrom(5, 50)),
      customer: fc.constant(customer),
    }),
  ],
  redemption: [
    rules.record.redemption,
    record({
      ...{ id: first, result, voucher: maybe(voucher), customer: fc.constant(customer) },
      order: maybe(fc.constantFrom({ id: '1' }, { id: '2' })),
    }),
  ],
  rollback: [rules.record.rollback, record({ id: second, redemption: first, result, customer: fc.constant(customer) })],
  tier: [
    rules.record.tier,
    record({
      campaign,
      loyalty_tier: fc.constantFrom({ id: 'gold' }, { id: 'silver', name: 'Silver' }, null),
      customer: fc.constant(customer),
    }),
  ],
  consents: [
    rules.record.consents,
    record({
      given: fc.boolean(),
      consents: fc.subarray([{ id: 'news' }, { id: 'mail' }, { id: 'unsubscribed' }], { minLength: 1 }),
      customer: fc.constant(customer),
    }),
  ],
  mention: [rules.recordMention, fc.constant({ customer })],
  visit: [
    rules.record.custom_event,
    record({ id: second, type: fc.constantFrom('seen', 'left'), customer: fc.constant(customer) }),
  ],
} as unknown as Record<string, readonly [rules.Decide<unknown>, fc.Arbitrary<unknown>]>;

const time = fc
  .tuple(fc.integer({ min: 0, max: 4 }), fc.constantFrom('000000', '000000', '000001'))
  .map(([ms, digits]) => `${rules.shown(at(ms)).slice(0, -1)}${digits}Z`);
const KINDS = [
  'profile',
  'order',
  'order',
  'redemption',
  'rollback',
  'tier',
  'tier',
  'consents',
  'consents',
  'mention',
  'visit',
] as const;

const factOf = (...kinds: readonly string[]): fc.Arbitrary<Fact> =>
  fc.constantFrom(...kinds).chain((name) =>
    fc.record({
      name: fc.constant(name),
      input: RULES[name]?.[1] ?? fc.constant(undefined),
      at: time,
      source: fc.constantFrom('/a', '/b'),
      sequence: fc.constantFrom(undefined, undefined, '9', '10'),
    }),
  );

const fact = factOf(...KINDS);

/** A history, and the same facts in another order with repetitions. */
const retold = (facts: fc.Arbitrary<Fact>) =>
  fc.array(facts, { minLength: 1, maxLength: 14 }).chain((facts) =>
    fc.record({
      facts: fc.constant(facts),
      other: fc
        .tuple(fc.shuffledSubarray(facts, { minLength: facts.length }), fc.shuffledSubarray(facts))
        .map(([all, again]) => [...all, ...again]),
    }),
  );
const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 40, maxLength: 40 });

function logOf(facts: readonly Fact[]): Log {
  const log = new Log();
  for (const { name, input, at: when, source, sequence } of facts) {
    const [rule] = RULES[name] ?? [];
    const digest = JSON.stringify([name, input, when, source, sequence]);
    const origin = { source, id: digest, digest, ...(sequence !== undefined && { sequence }) };
    if (rule) log.decide('cust_1', rule, input, when, origin);
  }
  return log;
}

/** All entries, without the ids that differ each time. */
async function listed(model: ReadModel): Promise<unknown[]> {
  const entries: unknown[] = [];
  let page: ActivityPage | undefined;
  do {
    const after = page?.more_starting_after;
    page = await model.activity('cust_1', { limit: 5, ...(after !== undefined && { starting_after_id: after }) });
    entries.push(...page.data.map(({ id: _, group_id: __, ...entry }) => entry));
  } while (page.has_more);
  return entries;
}

async function project(model: ReadModel, log: Log, cuts: readonly number[]): Promise<void> {
  await clear(model);
  const projector = new Projector(model, log, log);
  let from = 0;
  for (const size of cuts) {
    if (from >= log.events.length) return;
    await projector.step(log.batch(from, from + size));
    from += size;
  }
  if (from < log.events.length) await projector.step(log.batch(from));
}

/** The contract of the order of arrival: it does not change what queries return. */
export function arrivalContract(open: () => Promise<ReadModel>): void {
  let model: ReadModel;
  beforeEach(async () => {
    model = await open();
  });
  afterEach(() => model.close());

  test.each([
    ['all kinds', fact, runs(50, 200)],
    ['consents alone', factOf('consents'), runs(25, 100)],
  ])(
    'activity and document are the same for any order and repetition of facts of %s, and any batches',
    (_, facts, numRuns) =>
      fc.assert(
        fc.asyncProperty(retold(facts), sizes, sizes, async ({ facts: told, other }, cuts, otherCuts) => {
          await project(model, logOf(told), cuts);
          const expected = [await listed(model), (await model.customer('cust_1'))?.document];
          await project(model, logOf(other), otherCuts);
          expect([await listed(model), (await model.customer('cust_1'))?.document]).toEqual(expected);
        }),
        { numRuns },
      ),
  );

  test('the rows are the same for any batches', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fact, { minLength: 1, maxLength: 20 }), sizes, async (facts, cuts) => {
        const log = logOf(facts);
        await project(model, log, cuts);
        const rowsOfBatches = await rows(model);
        expect(await atOnce(model, log)).toEqual(rowsOfBatches);
      }),
      { numRuns: runs(25, 100) },
    ));
}
