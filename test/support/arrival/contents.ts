import fc from 'fast-check';

/* The contents of facts: few ids and few values, so that facts meet. `~` stands for what parts one history from another. */

export interface Content {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** One instant in several spellings, and others less than a millisecond away. */
export const TIMES = [
  '2024-05-01T10:00:00Z',
  '2024-05-01T10:00:00.000Z',
  '2024-05-01T12:00:00+02:00',
  '2024-05-01T10:00:00.0001Z',
  '2024-05-01T10:00:00.000100000Z',
  '2024-05-01T10:00:00.0009Z',
  '2024-05-01T10:00:00.000000001Z',
  '2024-05-01T10:00:00.001Z',
  '2024-05-02T00:00:00Z',
  '2024-04-30T23:59:59.999999999Z',
] as const;

const pick = fc.constantFrom;
const of = (prefix: string, count: number): fc.Arbitrary<string> =>
  fc.integer({ min: 1, max: count }).map((n) => `${prefix}${n}`);
const ref = (id: fc.Arbitrary<string>): fc.Arbitrary<{ id: string }> => fc.record({ id });
/** Any of the fields may be missing, but for the required ones. */
const some = (fields: Readonly<Record<string, fc.Arbitrary<unknown>>>, ...required: readonly string[]) =>
  fc.record(fields, { requiredKeys: [...required], noNullPrototype: true }) as fc.Arbitrary<Content['data']>;
const fact = (types: readonly string[], data: fc.Arbitrary<Content['data']>): fc.Arbitrary<Content> =>
  fc.record({ type: pick(...types), data });

const time = pick(...TIMES);
const text = pick('a', 'b', '\uFFE5', '\u{1F600}');
const amount = pick(9, 10, 900, 1_000);
const value = pick<unknown>(null, false, true, 2, 10, '10', 'a', '\uFFE5', '\u{1F600}', [1], [2], { k: 1 }, { k: 2 });
const metadata = fc.dictionary(pick('x', 'y', '__proto', 'constructor'), value, { maxKeys: 2, noNullPrototype: true });
const voucher = some({ id: pick('~v1', '~v2'), type: pick('LOYALTY_CARD', 'GIFT_VOUCHER') }, 'id');
const campaign = pick(
  { id: 'c1', name: 'One' },
  { id: 'c1', name: 'Uno' },
  { id: 'c1' },
  { id: 'c2', name: 'Two' },
  { name: 'Two' },
);

const profile = some({
  name: fc.option(text),
  email: fc.option(text),
  birthdate: pick('1990-01-01', '1990-01-02', null),
  address: fc.option(some({ city: fc.option(text), country: fc.option(text) })),
  metadata: fc.option(metadata),
  created_at: time,
});

const order = some(
  {
    id: of('~o', 2),
    source_id: of('~os', 2),
    status: pick('CREATED', 'PROCESSING', 'PAID', 'FULFILLED', 'CANCELED'),
    amount: fc.option(amount),
    discount_amount: amount,
    items: pick([{ amount: 9 }], [{ amount: 10 }], []),
    metadata,
    created_at: time,
    updated_at: time,
  },
  'id',
);

const redemption = some(
  {
    id: of('~r', 3),
    date: time,
    amount,
    redemption: fc.option(fc.constant('~r1')),
    failure_code: text,
    metadata,
    order: ref(of('~o', 2)),
    gift: fc.record({ amount }),
    loyalty_card: fc.record({ points: amount }),
    voucher,
  },
  'id',
);

const negative = amount.map((n) => -n);
const rollback = some(
  {
    id: of('~b', 2),
    redemption: of('~r', 3),
    date: time,
    amount: negative,
    reason: text,
    gift: fc.record({ amount: negative }),
    loyalty_card: fc.record({ points: amount }),
  },
  'id',
  'redemption',
);

const transaction = some({ id: of('~t', 3), reason: text }, 'id');
const movement = { campaign, voucher, transaction };
const required = Object.keys(movement);
const points = fc.record({ points: amount });
const POINTS = 'voucher.loyalty_card.';

/** Everything that facts tell of one customer, by subject. */
export const SUBJECTS = {
  profile: [fact(['customer.created', 'customer.updated'], profile)],
  consent: [
    fact(
      ['customer.consents.given', 'customer.consents.revoked'],
      fc.record({
        consents: fc.uniqueArray(some({ id: pick('unsubscribed', 'news', 'mail'), name: text }, 'id'), {
          minLength: 1,
          maxLength: 3,
          selector: (one) => one['id'],
        }),
      }),
    ),
  ],
  order: [
    fact(
      ['created', 'updated', 'processing', 'paid', 'fulfilled', 'canceled'].map((status) => `order.${status}`),
      order,
    ),
  ],
  redemption: [
    fact(['redemption.succeeded', 'redemption.failed'], redemption),
    fact(['redemption.rollback.succeeded', 'redemption.rollback.failed'], rollback),
    fact(
      [`${POINTS}points_spent`],
      some({ ...movement, balance: points, redemption: ref(of('~r', 2)) }, ...required, 'balance'),
    ),
  ],
  gift: [
    fact(
      ['voucher.gift.balance_added'],
      fc.record({ voucher, balance: fc.record({ amount: fc.oneof(amount, negative) }), transaction }),
    ),
    fact(['redemption.succeeded'], redemption),
  ],
  points: [
    fact([`${POINTS}points_added`, `${POINTS}points_expired`], fc.record({ ...movement, balance: points })),
    fact(
      [`${POINTS}points_adjusted`],
      fc.record({ ...movement, balance: fc.record({ points: fc.oneof(amount, negative) }) }),
    ),
    fact(
      [`${POINTS}points_transferred`],
      fc.record({
        ...movement,
        balance: points,
        source_voucher: ref(fc.constant('~v1')),
        destination_voucher: ref(fc.constant('~v2')),
      }),
    ),
    fact([`${POINTS}points_spent`], fc.record({ ...movement, balance: points })),
    fact(['voucher.enabled', 'voucher.disabled'], some({ voucher, campaign }, 'voucher')),
  ],
  pending: [
    fact(
      ['added', 'activated', 'canceled'].map((stage) => `${POINTS}pending_points.${stage}`),
      some(
        { campaign, voucher, pending_points: some({ id: of('~p', 2), points: amount }, 'id'), order: ref(of('~o', 2)) },
        'campaign',
        'voucher',
        'pending_points',
      ),
    ),
  ],
  tier: [
    fact(
      ['customer.loyalty.tier.changed'],
      fc.record({ campaign, loyalty_tier: fc.option(some({ id: pick('silver', 'gold'), name: text }, 'id')) }),
    ),
  ],
  referral: [
    fact(
      ['customer.referred'],
      fc
        .record({
          // a name of bob's may be told before anything links it to the others
          referrer: pick(
            { source_id: '~ada' },
            { source_id: '~bob' },
            { id: '~my-bob' },
            { id: '~my-cy' },
            { id: '~my-eve' },
            { source_id: '~stranger' },
          ),
          campaign: some({ id: pick('c1', 'c3'), name: pick('One', 'Three') }, 'id'),
          related: fc.oneof(fc.record({ redemption: ref(of('~r', 2)) }), fc.record({ custom_event: ref(of('~e', 2)) })),
          date: fc.option(time, { nil: undefined }),
        })
        .map(({ related, date, ...said }) => ({ ...said, ...related, ...(date !== undefined && { date }) })),
    ),
  ],
  event: [
    fact(
      ['validation.succeeded', 'validation.failed'],
      some({ id: of('~w', 2), tracking_id: text, metadata, voucher: fc.constant({ id: '~v1' }) }, 'id'),
    ),
    fact(
      ['publication.succeeded', 'publication.failed'],
      some({ id: of('~u', 2), campaign, voucher, channel: text, metadata }, 'id'),
    ),
    fact(
      ['customer.custom_event'],
      some(
        { id: of('~e', 2), type: pick('visited', 'bought'), metadata, loyalty: metadata, referral: metadata },
        'type',
      ),
    ),
  ],
} as const satisfies Readonly<Record<string, readonly fc.Arbitrary<Content>[]>>;

export { profile as aProfile };
