import type { Person } from './person.js';

/* The possible events of a customer's life, one story a subject. Together they use every type of fact. */

const FIRST = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Niklaus', 'Radia', 'Alan', 'Katherine', 'Donald', 'Hedy'] as const;
const LAST = ['Berg', 'Costa', 'Dupont', 'Eriksen', 'Kowalska', 'Novak', 'Okafor', 'Rossi', 'Sato', 'Weber'] as const;
const CITIES = ['Berlin', 'Katowice', 'Lisbon', 'Lagos', 'Osaka', 'Oslo', 'Paris', 'Toronto'] as const;
const POINTS = { id: 'camp_points', name: 'Points for purchases' };
const FRIENDS = { id: 'camp_friends', name: 'Bring a friend' };
const SPRING = { id: 'camp_spring', name: 'Spring' };
const GIFTS = { id: 'camp_gifts', name: 'Gift cards' };

export function profile(person: Person): void {
  const { random, source_id } = person;
  const [first, last] = [random.pick(FIRST), random.pick(LAST)];
  person.say('customer.created', {
    source_id,
    name: `${first} ${last}`,
    email: `${first}.${last}.${person.number}@example.test`.toLowerCase(),
    birthdate: `${random.between(1950, 2005)}-0${random.between(1, 9)}-${random.between(10, 28)}`,
    address: { city: random.pick(CITIES), country: null },
    metadata: { newsletter: random.chance(0.5), size: random.pick(['S', 'M', 'L']) },
  });
  if (random.chance(0.3))
    person.say('customer.updated', { source_id, phone: `+1555${random.between(100_000, 999_999)}` });
}

export function orders(person: Person): void {
  const { random } = person;
  const count = Math.floor(random.next() ** 3 * 15) + 1;
  for (let n = 1; n <= count; n += 1) order(person, n);
}

function order(person: Person, n: number): void {
  const { random } = person;
  const id = person.id('ord', n);
  const amount = random.between(500, 20_000);
  const created_at = person.later(24 * 20);
  const items = [{ product_id: `prod_${random.between(1, 40)}`, quantity: random.between(1, 3) }];
  person.say('order.created', { id, amount, created_at, items, metadata: { channel: random.pick(['web', 'shop']) } });
  if (random.chance(0.1)) return person.say('order.canceled', { id });
  if (random.chance(0.5)) person.say('order.processing', { id });
  if (random.chance(0.2)) person.say('order.updated', { id, amount: amount - 100, discount_amount: 100 });
  person.say('order.paid', { id });
  earn(person, n, Math.floor(amount / 100));
  if (random.chance(0.8)) person.say('order.fulfilled', { id }, 72);
  if (random.chance(0.05)) person.say('order.canceled', { id }, 72);
}

function earn(person: Person, n: number, points: number): void {
  const about = card(person);
  const order = { id: person.id('ord', n) };
  if (person.random.chance(0.75)) {
    return person.say('voucher.loyalty_card.points_added', {
      ...about,
      balance: { points },
      transaction: transaction(person, `order_${n}`),
    });
  }
  const id = person.id('ppt', n);
  person.say('voucher.loyalty_card.pending_points.added', { ...about, pending_points: { id, points }, order });
  if (person.random.chance(0.2))
    return person.say('voucher.loyalty_card.pending_points.canceled', { ...about, pending_points: { id } });
  person.say('voucher.loyalty_card.pending_points.activated', { ...about, pending_points: { id } }, 72);
}

export function loyalty(person: Person): void {
  const { random } = person;
  const about = card(person);
  person.say('voucher.loyalty_card.points_added', {
    ...about,
    balance: { points: 100 },
    transaction: transaction(person, 'welcome'),
  });
  if (random.chance(0.4))
    person.say('customer.loyalty.tier.changed', {
      campaign: POINTS,
      loyalty_tier: { id: 'ltr_silver', name: 'Silver' },
    });
  if (random.chance(0.2))
    person.say('customer.loyalty.tier.changed', { campaign: POINTS, loyalty_tier: { id: 'ltr_gold', name: 'Gold' } });
  if (random.chance(0.05)) person.say('customer.loyalty.tier.changed', { campaign: POINTS, loyalty_tier: null });
  if (random.chance(0.15))
    person.say('voucher.loyalty_card.points_expired', {
      ...about,
      balance: { points: 20 },
      transaction: transaction(person, 'expired'),
    });
  if (random.chance(0.15)) {
    const points = random.between(-10, 50);
    person.say('voucher.loyalty_card.points_adjusted', {
      ...about,
      balance: { points },
      transaction: transaction(person, 'adjusted'),
    });
  }
  if (random.chance(0.15))
    person.say('voucher.loyalty_card.points_spent', {
      ...about,
      balance: { points: 10 },
      transaction: transaction(person, 'spent'),
    });
  if (random.chance(0.1)) move(person);
  if (random.chance(0.1)) {
    person.say('voucher.disabled', { voucher: about.voucher, campaign: POINTS });
    if (random.chance(0.5)) person.say('voucher.enabled', { voucher: about.voucher, campaign: POINTS }, 72);
  }
}

/** Moves points to a second card of the same customer: one fact for each side. */
function move(person: Person): void {
  const { campaign, voucher } = card(person);
  const second = { id: person.id('v_second'), type: 'LOYALTY_CARD' };
  const sides = { source_voucher: { id: voucher.id }, destination_voucher: { id: second.id } };
  const moved = { campaign, ...sides, balance: { points: 15 }, transaction: transaction(person, 'moved') };
  person.say('voucher.loyalty_card.points_transferred', { ...moved, voucher });
  person.say('voucher.loyalty_card.points_transferred', { ...moved, voucher: second }, 0);
}

export function redemptions(person: Person): void {
  const { random } = person;
  const count = random.between(0, 4);
  for (let n = 1; n <= count; n += 1) redemption(person, n);
}

function redemption(person: Person, n: number): void {
  const { random } = person;
  const id = person.id('r', n);
  if (random.chance(0.2)) {
    return person.say('redemption.failed', {
      id,
      failure_code: 'quantity_exceeded',
      failure_message: 'used up',
      voucher: coupon(),
    });
  }
  const onCard = random.chance(0.4);
  person.say('redemption.succeeded', {
    id,
    order: { id: person.id('ord') },
    ...(onCard ? { voucher: card(person).voucher, loyalty_card: { points: 20 } } : { voucher: coupon(), amount: 500 }),
  });
  if (random.chance(0.2)) {
    person.say(
      'redemption.rollback.succeeded',
      { id: person.id('rr', n), redemption: id, reason: 'goods returned' },
      72,
    );
  } else if (random.chance(0.05)) {
    person.say('redemption.rollback.failed', { id: person.id('rr', n), redemption: id, reason: 'too late' }, 72);
  }
}

export function validations(person: Person): void {
  const { random } = person;
  if (random.chance(0.4)) person.say('validation.succeeded', { id: person.id('valid', 1), voucher: coupon() });
  if (random.chance(0.2)) person.say('validation.failed', { id: person.id('valid', 2), voucher: coupon() });
}

export function publications(person: Person): void {
  const { random } = person;
  const published = { id: person.id('pub'), campaign: SPRING, voucher: coupon(), channel: 'email' };
  if (random.chance(0.5)) person.say('publication.succeeded', published);
  else if (random.chance(0.1)) person.say('publication.failed', { ...published, failure_code: 'no_vouchers_left' });
}

export function consents(person: Person): void {
  const { random } = person;
  const mail = { id: 'cnst_mail', name: 'News by mail' };
  const phone = { id: 'cnst_phone', name: 'Calls' };
  if (random.chance(0.7))
    person.say('customer.consents.given', { consents: random.chance(0.3) ? [mail, phone] : [mail] });
  if (random.chance(0.1)) person.say('customer.consents.revoked', { consents: [mail] }, 240);
  if (random.chance(0.05)) person.say('customer.consents.given', { consents: [{ id: 'unsubscribed' }] }, 240);
}

export function gifts(person: Person): void {
  const { random } = person;
  if (!random.chance(0.3)) return;
  const voucher = { id: person.id('v_gift'), code: `GIFT-${person.number}`, type: 'GIFT_VOUCHER' };
  person.say('voucher.gift.balance_added', {
    voucher,
    campaign: GIFTS,
    balance: { amount: 5000 },
    transaction: transaction(person, 'gift'),
  });
  if (!random.chance(0.6)) return;
  const id = person.id('r', 'gift');
  person.say('redemption.succeeded', { id, voucher, amount: 1500, gift: { amount: 1500 } }, 240);
  if (random.chance(0.3))
    person.say('redemption.rollback.succeeded', {
      id: person.id('rr', 'gift'),
      redemption: id,
      gift: { amount: -1500 },
    });
}

/** An earlier customer referred this one. */
export function referral(person: Person): void {
  if (person.number === 1 || !person.random.chance(0.2)) return;
  const referrer = { source_id: `demo-${person.random.between(1, person.number - 1)}` };
  const how = person.random.chance(0.5)
    ? { redemption: { id: person.id('r_friend') } }
    : { custom_event: { id: person.id('evt_friend') } };
  person.say('customer.referred', { referrer, campaign: FRIENDS, ...how });
}

export function customEvents(person: Person): void {
  const count = person.random.between(0, 2);
  for (let n = 1; n <= count; n += 1) {
    const id = person.id('evt', n);
    person.say('customer.custom_event', {
      id,
      type: person.random.pick(['visited_shop', 'rated_product', 'wrote_review']),
      metadata: { n },
    });
  }
}

const card = (person: Person) => ({
  campaign: POINTS,
  voucher: { id: person.id('v_card'), code: `CARD-${person.number}`, type: 'LOYALTY_CARD' },
});
const coupon = () => ({
  id: 'v_spring',
  code: 'SPRING',
  type: 'DISCOUNT_VOUCHER',
  campaign: 'Spring sale',
  campaign_id: 'camp_spring',
});
const transaction = (person: Person, why: string) => ({ id: person.id('vtx', why), reason: why });
