import { describe, expect, test } from '@jest/globals';
import * as controls from './controls.js';
import { operandsOf } from './document.js';
import { creditsDue, type ReferralFact } from './referral.js';
import * as rules from './rules.js';
import { created, given, type Shown } from './scenario.fixture.js';

/* The rules about time, ties and order (docs/rules.md), each with the smallest input that breaks a simpler one. */

const at = (second: number): string => `2024-05-01T11:00:0${second}.000000000Z`;
const who = { source_id: 'ada' };
type Told = (story: ReturnType<typeof given>) => ReturnType<typeof given>;

const told =
  <Input>(
    rule: rules.Decide<Input>,
    input: Input,
    time: string,
    from: { source?: string; sequence?: string } = {},
  ): Told =>
  (story) =>
    story.when(rule, input, time, from).and;
const inTurn = (...all: readonly Told[]) => all.reduce((story, one) => one(story), given(created));

const permutations = <T>(all: readonly T[]): T[][] =>
  all.length === 0
    ? [[]]
    : all.flatMap((one, n) => permutations([...all.slice(0, n), ...all.slice(n + 1)]).map((rest) => [one, ...rest]));

/** The document that every order of arrival gives. */
function always(...all: readonly Told[]): Shown {
  const shown = permutations(all).map((one) => inTurn(...one).shows);
  for (const one of shown) expect(one).toEqual(shown[0]);
  return shown[0]!;
}

const says = (metadata: object, time: string, from = {}) =>
  told(rules.recordProfile, { ...who, created: false, metadata: metadata as never }, time, from);
const consent = (id: string, isGiven: boolean, time: string, from = {}) =>
  told(rules.record.consents, { given: isGiven, consents: [{ id }], customer: who }, time, from);
const consentsOf = (shown: Shown) =>
  (shown['system_metadata'] as { consents: Record<string, { value: boolean }> }).consents;

describe('statements', () => {
  test('R1, T9: .0009 comes after .0001 of one second, in any order of arrival', () => {
    const [early, late] = ['2024-05-01T11:00:00.000100000Z', '2024-05-01T11:00:00.000900000Z'];
    expect(always(says({ m: 'z' }, early), says({ m: 'a' }, late))['metadata']).toEqual({ m: 'a' });
  });

  test('R2: the circle A1 3, A2 1, B 2 shows 2', () => {
    const all = [
      says({ m: 3 }, at(5), { source: 'A', sequence: '1' }),
      says({ m: 1 }, at(5), { source: 'A', sequence: '2' }),
      says({ m: 2 }, at(5), { source: 'B' }),
    ];
    expect(always(...all)['metadata']).toEqual({ m: 2 });
  });

  test('T8: the sequence decides between facts of one source and one time, 10 after 9', () => {
    const [nine, ten] = [
      { source: 'A', sequence: '9' },
      { source: 'A', sequence: '10' },
    ];
    expect(always(says({ m: true }, at(5), nine), says({ m: false }, at(5), ten))['metadata']).toEqual({ m: false });
  });

  test('R3, T6: given and revoked at one instant is revoked', () => {
    expect(consentsOf(always(consent('news', true, at(5)), consent('news', false, at(5))))['news']?.value).toBe(false);
  });

  test('T7: amounts 900 and 1000 at one instant are 1000', () => {
    const paid = (amount: number) => told(rules.record.order, { ...controls.order, amount }, at(5));
    expect(always(paid(900), paid(1000)).summary.orders['total_amount']).toBe(1000);
  });

  test('R4: referrers X and Y at one instant: the greater name is shown, not the greater resolved id', () => {
    const by = (source_id: string, id: string) =>
      told(rules.record.referral, { ...controls.referral, referrer: { id }, referrer_source_id: source_id }, at(5));
    const shown = always(by('X', 'cust_9'), by('Y', 'cust_8'));
    expect(shown['referrals']).toMatchObject({ campaigns: [{ referrer_id: 'cust_8' }] });
  });

  test('R5: true @5, false @10, then A1 false @5: a consent given @3 stays denied', () => {
    const unsubscribed = (is: boolean, time: string, from = {}) => consent('unsubscribed', is, time, from);
    const shown = always(
      unsubscribed(true, at(5), { source: 'A' }),
      unsubscribed(false, '2024-05-01T11:00:10.000000000Z'),
      unsubscribed(false, at(5), { source: 'A', sequence: '1' }),
      consent('news', true, at(3)),
    );
    expect(consentsOf(shown)).toMatchObject({ news: { value: false }, unsubscribed: { value: false } });
  });

  test('R5: one command that unsubscribes also denies the consents given beside it', () => {
    const both = given(created).when(rules.changeConsents, { consents: { news: true, unsubscribed: true } }).shows;
    expect(consentsOf(both)).toMatchObject({ news: { value: false }, unsubscribed: { value: true } });
  });

  const [out, twice] = [consent('unsubscribed', true, at(2)), consent('unsubscribed', true, at(6))];
  test.each([
    ['given in between', [consent('news', true, at(4))], at(6)],
    ['given at its moment', [consent('news', true, at(6))], at(6)],
    ['given and revoked in between', [consent('news', true, at(3)), consent('news', false, at(4))], at(4)],
    ['given before the first one', [consent('news', true, at(1))], at(2)],
    ['given later', [consent('news', true, at(7))], at(7)],
  ])('R5, R20: unsubscribed @2 and @6 with a consent %s', (_, between, updated_at) => {
    expect(always(out, ...between, twice)['updated_at']).toBe(updated_at.replace('000000Z', 'Z'));
  });

  test('R5, R20: a denial that its sequence undoes is news when it ends a consent', () => {
    const undone = [
      consent('unsubscribed', true, at(6), { source: 'A', sequence: '1' }),
      consent('unsubscribed', false, at(6), { source: 'A', sequence: '2' }),
    ];
    const kept = [consent('unsubscribed', false, at(1)), consent('news', true, at(4))];
    expect(always(...kept, ...undone)['updated_at']).toBe('2024-05-01T11:00:06.000Z');
  });

  test('R5, R9: a command that unsubscribes once more moves updated_at when it ends a consent, and not otherwise', () => {
    const says = (story: ReturnType<typeof given>, consents: Record<string, boolean>, time: string) =>
      story.when(rules.changeConsents, { consents }, time).and;
    const first = says(says(given(created), { unsubscribed: true }, at(2)), { news: true }, at(4));
    const second = says(first, { unsubscribed: true }, at(6));
    expect(second.shows['updated_at']).toBe('2024-05-01T11:00:06.000Z');
    expect(says(second, { unsubscribed: true }, at(8)).shows['updated_at']).toBe(second.shows['updated_at']);
  });

  test('R6: at the time of an emptying the key, null included, is shown', () => {
    const empties = told(rules.recordProfile, { ...who, created: false, address: null }, at(5));
    const city = told(rules.recordProfile, { ...who, created: false, address: { city: null } }, at(5));
    expect(always(empties, city)['address']).toEqual({ city: null });
  });

  test('R7: an existence, a success once published and a first time are never superseded by a sequence', () => {
    const published = (result: 'SUCCESS' | 'FAILURE', sequence: string) =>
      told(rules.record.publication, { ...controls.publication, result }, at(5), { source: 'A', sequence });
    const all = [published('SUCCESS', '1'), published('FAILURE', '2')];
    for (const one of permutations(all))
      expect(inTurn(...one).state.head.publications.related_object_id).toEqual(['camp_points']);
  });
});

describe('commands', () => {
  const ahead = '2024-05-01T11:03:20.000000000Z';

  test('R8: a fact empties the address 200 s ahead, a command says a city: the city shows', () => {
    const emptied = told(rules.recordProfile, { ...who, created: false, address: null }, ahead)(given(created));
    expect(emptied.when(rules.updateCustomer, { address: { city: 'x' } }).shows['address']).toEqual({ city: 'x' });
  });

  test('R8: a command is a millisecond after the statements that it overrides, else dated by the clock', () => {
    const told = says({ m: 1 }, ahead)(given(created));
    expect(told.when(rules.updateCustomer, { metadata: { m: 2 } }).events[0]?.occurred_at).toBe(
      '2024-05-01T11:03:20.001000000Z',
    );
    expect(told.when(rules.updateCustomer, { metadata: { n: 2 } }).events[0]?.occurred_at).toBe(
      '2024-05-01T10:00:00.000000000Z',
    );
  });

  test('R8: consents, orders and a deletion come after facts dated ahead of the clock', () => {
    const all = inTurn(consent('news', false, ahead), told(rules.record.order, controls.order, ahead));
    expect(consentsOf(all.when(rules.changeConsents, { consents: { news: true } }).shows)['news']?.value).toBe(true);
    const order = { id: 'ord_1', status: 'CREATED', amount: 7 } as const;
    const placed = all.when(rules.placeOrder, { customer: {}, said: order });
    expect(placed.and.state.entities.get('order', 'ord_1')?.values).toMatchObject({ status: 'CREATED', amount: 7 });
    expect(all.when(rules.deleteCustomer, undefined).and.state.gone_at).toBe('2024-05-01T11:03:20.001000000Z');
  });

  test('R8: a consent given after an unsubscription dated ahead stands; unsubscribing ends every consent', () => {
    const out = consent('unsubscribed', true, ahead)(given(created));
    expect(consentsOf(out.when(rules.changeConsents, { consents: { news: true } }).shows)['news']?.value).toBe(true);
    const news = consent('news', true, ahead)(given(created));
    const shown = news.when(rules.changeConsents, { consents: { unsubscribed: true } }).shows;
    expect(consentsOf(shown)['news']?.value).toBe(false);
  });

  test('R9, T27: a PUT of the same values three times is one event; a statement of consent is always recorded, and tells nothing', () => {
    const put = { name: 'Ada', address: { city: 'x' }, metadata: { m: 1 } };
    const once = given(created).when(rules.updateCustomer, put);
    expect(once.types).toEqual(['CustomerUpdated']);
    expect(once.and.when(rules.updateCustomer, put, controls.after).types).toEqual([]);
    const consented = given(created).when(rules.changeConsents, { consents: { news: true } });
    const again = consented.and.when(rules.changeConsents, { consents: { news: true } }, controls.after);
    expect(again.types).toEqual(['ConsentChanged']);
    expect(again.shows['updated_at']).toBe(consented.shows['updated_at']);
  });

  test('R9: a command that changes one field also records the unchanged values that it sent', () => {
    const known = given(created).when(rules.updateCustomer, { name: 'Ada' }).and;
    expect(known.when(rules.updateCustomer, { name: 'Ada', phone: '1' }).events[0]?.data).toEqual({
      name: 'Ada',
      phone: '1',
    });
  });

  test('R10: a repeated row leaves no event, also when another command wrote in between', () => {
    const row = { source: '/v1/async-actions/job', id: '1' };
    const first = given(created).when(rules.upsertCustomer, { name: 'Row' }, controls.at, row).and;
    const between = first.when(rules.updateCustomer, { name: 'Command' }, controls.after).and;
    const again = between.when(rules.upsertCustomer, { name: 'Row' }, at(9), row);
    expect([again.types, again.shows['name']]).toEqual([[], 'Command']);
  });

  test('R11: a fact after a command counts when dated later, and so does a withdrawal of its instant', () => {
    const known = given(created).when(rules.changeConsents, { consents: { news: true } }, at(5)).and;
    expect(consentsOf(consent('news', false, at(5))(known).shows)['news']?.value).toBe(false);
    expect(
      says({ m: 2 }, at(6))(known.when(rules.updateCustomer, { metadata: { m: 1 } }, at(5)).and).shows['metadata'],
    ).toEqual({ m: 2 });
  });
});

describe('identity', () => {
  test('R12: without the source B1 false, A3 true, B3 true at one time would be one or the other: it is true', () => {
    const all = [
      ['B', '1', false],
      ['A', '3', true],
      ['B', '3', true],
    ] as const;
    const facts = all.map(([source, sequence, m]) => says({ m }, at(5), { source, sequence }));
    expect(always(...facts)['metadata']).toEqual({ m: true });
  });

  test('R13: a distinct fact leaves one event, also when it changes nothing; a repetition under another id leaves none', () => {
    const known = given(created).when(rules.record.order, controls.order, at(5)).and;
    const late = known.when(rules.record.order, { ...controls.order, amount: 1 }, at(1));
    expect(late.types).toEqual(['OrderChanged']);
    expect(late.and.when(rules.record.order, { ...controls.order, amount: 1 }, at(1), { id: 'other' }).types).toEqual(
      [],
    );
  });

  test('R14, T18: one source and id with other content is refused, and the first one stands', () => {
    const first = given(created).when(rules.record.order, controls.order, at(5), { id: '1' }).and;
    const second = first.when(rules.record.order, { ...controls.order, amount: 1 }, at(5), { id: '1' });
    expect([second.types, second.shows.summary.orders['total_amount']]).toEqual(['fact_conflict', 1500]);
  });

  test('R15: a mention by the fact of another customer is not that fact: a self-referral is recorded after it', () => {
    const from = { source: '/a', id: '1', digest: 'same' };
    const mentioned = given().when(rules.recordMention, { customer: who }, at(5), from).and;
    expect(mentioned.when(rules.record.referral, controls.referral, at(5), from).types).toEqual(['CustomerReferred']);
  });

  test('R18: a fact dated at the deletion or before is about the deleted customer, a later one finds none', () => {
    const gone = given(created).when(rules.deleteCustomer, undefined, at(5)).and;
    expect(gone.when(rules.record.order, controls.order, at(5)).types).toBe('customer_deleted');
    expect(gone.when(rules.record.order, controls.order, at(6)).types).toBe('not_found');
  });
});

describe('referral credits (R19)', () => {
  const object = (id: string) => ({ redemption: { id } });
  const refer = (id: string, related: string, time: string, from = {}) => {
    const fact: ReferralFact = { ...controls.referral, referrer: { id }, ...object(related) };
    return { fact, time, told: told(rules.record.referral, fact, time, from) };
  };
  /** The referrers with a credit once each referral was followed by the credits due after it. */
  function credited(...all: readonly ReturnType<typeof refer>[]): string[] {
    let referee = given(created);
    const referrers = new Map<string, ReturnType<typeof given>>();
    for (const { fact, time, told: tell } of all) {
      referee = tell(referee);
      const { head, entities } = referee.state;
      for (const { referrer_id, credit } of creditsDue(head.referrals, entities, 'cust_f', {
        data: fact,
        occurred_at: time,
      })) {
        const referrer = referrers.get(referrer_id) ?? given(created);
        referrers.set(referrer_id, referrer.when(rules.creditReferral, credit).and);
      }
    }
    return [...referrers].flatMap(([id, { shows }]) => (shows.loyalty.referred_customers === 1 ? [id] : [])).sort();
  }

  test('T14: f came by a, corrected to b: a has none and b has one', () => {
    expect(credited(refer('a', 'e', at(1)), refer('b', 'e', at(2)))).toEqual(['b']);
  });

  test('f to b @1, f to a @2 with sequence 1, by e to b @2 with sequence 3: b has one', () => {
    const all = [
      refer('b', 'f', at(1)),
      refer('a', 'f', at(2), { sequence: '1' }),
      refer('b', 'f', at(2), { sequence: '3' }),
    ];
    for (const one of permutations(all)) expect(credited(...one)).toEqual(['b']);
  });

  test('two objects name a, then one is corrected to b: a keeps the credit of the other', () => {
    expect(credited(refer('a', 'f', at(1)), refer('a', 'e', at(1)), refer('b', 'f', at(2)))).toEqual(['a', 'b']);
  });

  test('a credit counts a referee once per campaign, and the later turn wins in any order of arrival', () => {
    const credit = { campaign: { id: 'camp' }, referee_id: 'f', named_id: 'a' };
    const [one, two] = [
      { ...credit, given: true, turn: 1 },
      { ...credit, given: false, turn: 2 },
    ];
    for (const [first, second] of [
      [one, two],
      [two, one],
    ] as const)
      expect(
        given(created).when(rules.creditReferral, first).and.when(rules.creditReferral, second).shows.loyalty
          .referred_customers,
      ).toBe(0);
  });

  test('T31: a credit does not move updated_at', () => {
    const credit = { campaign: { id: 'camp' }, referee_id: 'f', given: true, turn: 1, named_id: 'a' };
    expect(given(created).when(rules.creditReferral, credit, at(9)).shows).not.toHaveProperty('updated_at');
  });

  test('T20, R17: a self-referral is recorded and not shown, also by a name that is found to be the own one later', () => {
    const self = told(rules.record.referral, { ...controls.referral, referrer: { id: 'my-1' } }, at(5));
    expect(self(given(created)).shows['referrals']).toMatchObject({ total: 1 });
    const named = told(rules.recordProfile, { ...who, created: true, alias: 'my-1' }, at(6));
    expect(always(self, named)['referrals']).toEqual({ total: 0, campaigns: [] });
  });
});

describe('arithmetic', () => {
  const points = (kind: 'earned' | 'expired', amount: number, id: string) =>
    told(rules.record.points, { ...controls.points, kind, balance: { points: amount }, transaction: { id } }, at(5));
  const spent = (card: string, amount: number, redemption?: string) =>
    told(
      rules.record.spending,
      {
        ...controls.spent,
        voucher: { id: card },
        balance: { points: amount },
        transaction: { id: 's' },
        ...(redemption !== undefined && { redemption: { id: redemption } }),
      },
      at(5),
    );
  const redeemed = (more: object) =>
    told(rules.record.redemption, { id: 'r', result: 'SUCCESS', customer: who, ...more } as never, at(5));
  const rolledBack = (more: object) =>
    told(
      rules.record.rollback,
      { id: 'rr', redemption: 'r', result: 'SUCCESS', customer: who, ...more } as never,
      at(6),
    );
  const gift = { id: 'g', type: 'GIFT_VOUCHER' };

  test('T16: of a tier given by name and a later one by id, the later counts', () => {
    const tier = (campaign: object, id: string, time: string, from = {}) =>
      told(rules.record.tier, { campaign, loyalty_tier: { id }, customer: who }, time, from);
    const shown = always(tier({ name: 'Gold' }, 'silver', at(1)), tier({ id: 'c', name: 'Gold' }, 'gold', at(2)));
    expect(shown.loyalty.campaigns['Gold']?.['loyalty_tier']).toBe('gold');
    const tied = [
      tier({ name: 'Gold' }, 'z', at(1), { sequence: '1' }),
      tier({ id: 'c', name: 'Gold' }, 'a', at(1), { sequence: '2' }),
    ];
    expect(always(...tied).loyalty.campaigns['Gold']?.['loyalty_tier']).toBe('a');
  });

  test('T19: 100 points and an expiry of 30 under one transaction id are 70', () => {
    expect(always(points('earned', 100, 'order-123'), points('expired', 30, 'order-123')).loyalty.points).toBe(70);
  });

  test('T22: a parent and two parts, all rolled back: one redeemed, one rolled back', () => {
    const all = [
      redeemed({}),
      redeemed({ id: 'p1', redemption: 'r' }),
      rolledBack({}),
      rolledBack({ id: 'rr1', redemption: 'p1' }),
    ];
    expect(always(...all).summary.redemptions).toMatchObject({ total_redeemed: 1, total_rolled_back: 1 });
  });

  test('T23: a plain amount of 40 on a gift card counts 40, a plain rollback of -10 takes back 10', () => {
    const shown = always(redeemed({ voucher: gift, amount: 40 }), rolledBack({ amount: -10 }));
    expect(shown.summary.redemptions.gift['redeemed_amount']).toBe(30);
  });

  test('T24: 40 of one card and 10 of another by one redemption are 50, known or not', () => {
    expect(always(spent('v', 40, 'r'), spent('w', 10, 'r')).summary.redemptions.loyalty_card['redeemed_points']).toBe(
      50,
    );
    expect(
      always(spent('v', 40, 'r'), spent('w', 10, 'r'), redeemed({})).summary.redemptions.loyalty_card[
        'redeemed_points'
      ],
    ).toBe(50);
  });

  test('a spending corrected to another redemption leaves the first', () => {
    const later = told(
      rules.record.spending,
      { ...controls.spent, transaction: { id: 's' }, redemption: { id: 'r2' } },
      at(7),
    );
    const first = told(
      rules.record.spending,
      { ...controls.spent, transaction: { id: 's' }, redemption: { id: 'r' } },
      at(5),
    );
    const shown = always(first, later, rolledBack({}));
    expect(shown.summary.redemptions.loyalty_card['redeemed_points']).toBe(20);
  });

  test('a rollback corrected to another redemption takes back that one, with all its statements', () => {
    const other = redeemed({ id: 'r2', voucher: gift, gift: { amount: 100 } });
    const one = redeemed({ voucher: gift, gift: { amount: 1000 } });
    const shown = always(
      one,
      other,
      rolledBack({ gift: { amount: -30 } }),
      told(rules.record.rollback, { id: 'rr', redemption: 'r2', result: 'SUCCESS', customer: who }, at(7)),
    );
    expect(shown.summary.redemptions.gift['redeemed_amount']).toBe(1070);
  });

  test('T25: 100 earned, 100 expired, 100 spent, then 50: 50 points, 0 to go, and a debt of 50 is shown', () => {
    const all = [
      points('earned', 100, 'a'),
      points('expired', 100, 'b'),
      spent('v_card', 100),
      points('earned', 50, 'c'),
    ];
    const shown = always(...all);
    expect([shown.loyalty.points, shown.summary.redemptions.loyalty_card['points_to_go']]).toEqual([50, 0]);
    const operands = operandsOf(inTurn(...all).state).get('/summary/redemptions/loyalty_card/points_to_go');
    expect(operands).toMatchObject({ cards: { v_card: { granted: 50, spent: 100, debt: 50 } } });
  });

  test('T28: the average of 9007199254740989, 1 and 1 ends in ...330', () => {
    const paid = (id: string, amount: number) => told(rules.record.order, { ...controls.order, id, amount }, at(5));
    expect(always(paid('a', 9007199254740989), paid('b', 1), paid('c', 1)).summary.orders['average_amount']).toBe(
      3002399751580330,
    );
  });

  test('a card with canceled pending points is held, in any order of arrival', () => {
    const pending = (kind: 'added' | 'canceled', time: string) =>
      told(rules.record.pending_points, { ...controls.pending, kind }, time);
    for (const one of permutations([pending('added', at(1)), pending('canceled', at(2))]))
      expect(inTurn(...one).state.entities.get('loyalty_card', 'v_card')?.is_known).toBe(true);
  });
});
