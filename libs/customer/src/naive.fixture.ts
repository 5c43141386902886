import type { Told } from './history.fixture.js';

/* What the figures should be, straight from the facts: no merging, no moving of sums, and a sort for every question. */

interface Statement {
  readonly at: string;
  readonly said: Readonly<Record<string, unknown>>;
}
type Final = Readonly<Record<string, never>>;

const RANK = ['CREATED', 'PROCESSING', 'PAID', 'FULFILLED', 'CANCELED'];
const text = (field: string, value: unknown): string =>
  field === 'status' ? String(RANK.indexOf(value as string)) : JSON.stringify(value);

/** Of each field the value with the latest time, at equal times the greatest text. */
function final(statements: readonly Statement[]): Final {
  const fields = [...new Set(statements.flatMap(({ said }) => Object.keys(said)))];
  return Object.fromEntries(
    fields.map((field) => {
      const given = statements.filter(({ said }) => said[field] !== undefined);
      const order = given.map(({ at, said }) => ({ at, text: text(field, said[field]), value: said[field] }));
      order.sort((a, b) => (a.at + a.text < b.at + b.text ? -1 : 1));
      return [field, order.at(-1)?.value];
    }),
  ) as Final;
}

type Group = readonly [key: string, statements: readonly Statement[]];

function grouped<Input>(
  history: readonly Told[],
  rule: Told['rule'],
  key: (input: Input) => string | undefined,
  said: (input: Input) => object,
): Group[] {
  const groups = new Map<string, Statement[]>();
  for (const told of history.filter((one) => one.rule === rule)) {
    const name = key(told.input as Input);
    if (name !== undefined)
      groups.set(name, [
        ...(groups.get(name) ?? []),
        { at: told.at, said: said(told.input as Input) as Statement['said'] },
      ]);
  }
  return [...groups];
}

const sum = (amounts: readonly number[]): number => amounts.reduce((a, b) => a + b, 0);
const by = <One>(all: readonly One[], key: (one: One) => string): Map<string, One[]> => {
  const found = new Map<string, One[]>();
  for (const one of all) found.set(key(one), [...(found.get(key(one)) ?? []), one]);
  return found;
};

export function naiveOrders(history: readonly Told[]): object {
  const orders = grouped<{ id: string }>(
    history,
    'recordOrder',
    ({ id }) => id,
    (said) => said,
  ).map(([id, statements]) => {
    const { status, amount, created_at } = final(statements) as {
      status?: string;
      amount?: number | null;
      created_at?: string;
    };
    const first = statements.map(({ at }) => at).sort()[0] ?? '';
    return { id, status, amount: amount ?? null, created_at: created_at ?? first };
  });
  const counted = orders.filter(({ status }) => status === 'PAID' || status === 'FULFILLED');
  const amounts = counted.flatMap(({ amount }) => (amount === null ? [] : [amount]));
  const last = counted.sort((a, b) => (a.created_at + a.id < b.created_at + b.id ? -1 : 1)).at(-1);
  return {
    total_amount: sum(amounts),
    total_count: counted.length,
    average_amount: amounts.length === 0 ? 0 : Math.round(sum(amounts) / amounts.length),
    last_order_amount: last?.amount ?? 0,
    ...(last && { last_order_date: last.created_at }),
  };
}

export function naivePublications(history: readonly Told[]): object {
  const successes = history.filter(({ rule, input }) => rule === 'recordPublication' && 'result' in input && input.result === 'SUCCESS'); // prettier-ignore
  const about = successes.map(({ input }) => input as { campaign?: { id?: string }; voucher?: { id: string } });
  const ids = about.flatMap(({ campaign, voucher }) => campaign?.id ?? voucher?.id ?? []);
  const created_at = successes.map(({ at }) => at).sort().at(-1); // prettier-ignore
  return { ...(created_at !== undefined && { created_at }), related_object_id: [...new Set(ids)].sort() };
}

interface Redeemed {
  readonly id: string;
  readonly result?: string;
  readonly redemption?: string | null;
  readonly gift?: { readonly amount: number };
  readonly loyalty_card?: { readonly points: number };
  readonly voucher?: { readonly id: string };
}
interface Movement {
  readonly kind: string;
  readonly campaign: { readonly id?: string; readonly name?: string };
  readonly voucher: { readonly id: string };
  readonly balance: { readonly points: number };
  readonly transaction: { readonly id: string };
  readonly redemption?: { readonly id: string };
}
interface Used {
  readonly card: string;
  readonly amount: number;
}

const attempts = (history: readonly Told[]) =>
  grouped<Redeemed>(
    history,
    'recordRedemption',
    ({ id }) => id,
    (said) => said,
  ).map(([id, all]) => ({ ...(final(all) as object as Redeemed), id }));
const rollbacks = (history: readonly Told[]) =>
  grouped<Redeemed>(
    history,
    'recordRollback',
    ({ id, redemption }) => `${redemption} ${id}`,
    (said) => said,
  ).map(([, all]) => final(all) as object as Redeemed);

const spentSaid = ({ voucher, balance }: Movement) => ({ card: voucher.id, amount: balance.points });
const isSpent = ({ kind }: Movement): boolean => kind === 'spent';

/** What is used of each card, after what was rolled back. */
function used(history: readonly Told[]): { readonly credits: Used[]; readonly points: Used[] } {
  const redeemed = new Map(attempts(history).map((one) => [one.id, one.result === 'SUCCESS' ? one : undefined]));
  const spentBy = new Map(
    grouped<Movement>(
      history,
      'recordLoyaltyPoints',
      (one) => (isSpent(one) ? one.redemption?.id : undefined),
      spentSaid,
    ).map(([id, all]) => [id, final(all) as object as Used]),
  );
  const alone = grouped<Movement>(
    history,
    'recordLoyaltyPoints',
    (one) => (isSpent(one) && !one.redemption ? `${one.transaction.id} ${one.voucher.id}` : undefined),
    spentSaid,
  );
  const after = (id: string, amount: number, taken: (one: Redeemed) => number | undefined): number => {
    const back = rollbacks(history).filter((one) => one.redemption === id && one.result === 'SUCCESS');
    return Math.max(0, amount - sum(back.map((one) => Math.abs(taken(one) ?? amount))));
  };
  const credits = [...redeemed].flatMap(([id, one]) =>
    one?.gift ? [{ card: one.voucher?.id ?? '', amount: after(id, one.gift.amount, ({ gift }) => gift?.amount) }] : [],
  );
  const spent = [...new Set([...redeemed.keys(), ...spentBy.keys()])].flatMap((id) => {
    const own = redeemed.get(id)?.loyalty_card;
    const fact = spentBy.get(id);
    const figure = own?.points ?? fact?.amount;
    const card = (own && redeemed.get(id)?.voucher?.id) ?? fact?.card ?? '';
    return figure === undefined
      ? []
      : [{ card, amount: after(id, figure, ({ loyalty_card }) => loyalty_card?.points) }];
  });
  return { credits, points: [...spent, ...alone.map(([, all]) => final(all) as object as Used)] };
}

export function naiveRedemptions(history: readonly Told[]): object {
  const count = (all: readonly Redeemed[], result: string): number => all.filter((one) => one.result === result).length;
  const own = attempts(history).filter(({ redemption }) => redemption == null);
  const back = rollbacks(history);
  const { credits, points } = used(history);
  const added = grouped<{ transaction: { id: string }; voucher: { id: string }; balance: { amount: number } }>(
    history,
    'recordGiftCredits',
    ({ transaction, voucher }) => `${transaction.id} ${voucher.id}`,
    ({ voucher, balance }) => ({ card: voucher.id, amount: balance.amount }),
  ).map(([, all]) => final(all) as object as Used);
  const disabled = grouped<{ voucher: { id: string }; available: boolean }>(
    history,
    'recordCardAvailability',
    ({ voucher }) => voucher.id,
    ({ available }) => ({ available }),
  )
    .filter(([, all]) => (final(all) as { available?: boolean }).available === false)
    .map(([card]) => card);
  const granted = movements(history).map(({ card, points: amount }) => ({ card, amount }));
  return {
    total_redeemed: count(own, 'SUCCESS') + count(own, 'FAILURE'),
    total_failed: count(own, 'FAILURE'),
    total_succeeded: count(own, 'SUCCESS'),
    total_rolled_back: back.length,
    total_rollback_failed: count(back, 'FAILURE'),
    total_rollback_succeeded: count(back, 'SUCCESS'),
    gift: { redeemed_amount: sum(credits.map(({ amount }) => amount)), amount_to_go: toGo(added, credits, []) },
    loyalty_card: {
      redeemed_points: sum(points.map(({ amount }) => amount)),
      points_to_go: toGo(granted, points, disabled),
    },
  };
}

function toGo(given: readonly Used[], taken: readonly Used[], except: readonly string[]): number {
  const cards = [...by(given, ({ card }) => card)].filter(([card]) => !except.includes(card));
  const amounts = (all: readonly Used[]): number => sum(all.map(({ amount }) => amount));
  return sum(cards.map(([card, all]) => Math.max(0, amounts(all) - amounts(taken.filter((one) => one.card === card)))));
}

const keyOf = ({ id, name }: Movement['campaign']): string => id ?? `name:${name ?? ''}`;

interface Granted {
  readonly campaign: string;
  readonly card: string;
  readonly points: number;
}

/** Everything that was granted or taken away, spending aside. */
function movements(history: readonly Told[]): Granted[] {
  const moved = grouped<Movement>(
    history,
    'recordLoyaltyPoints',
    (one) => (isSpent(one) ? undefined : `${one.transaction.id} ${one.voucher.id}`),
    ({ kind, campaign, voucher, balance: { points } }) => {
      const takes = kind === 'expired' || (kind === 'transferred' && voucher.id === 'card_1');
      const counts = kind !== 'transferred' || ['card_1', 'card_2'].includes(voucher.id);
      return { campaign: keyOf(campaign), card: voucher.id, points: !counts ? 0 : takes ? 0 - points : points };
    },
  ).map(([, all]) => final(all) as object as Granted);
  const pending = grouped<{
    kind: string;
    campaign: object;
    voucher: { id: string };
    pending_points: { id: string; points?: number };
  }>(
    history,
    'recordPendingPoints',
    ({ pending_points }) => pending_points.id,
    ({ kind, campaign, voucher, pending_points: { points } }) => ({
      campaign: keyOf(campaign),
      card: voucher.id,
      points,
      end: kind === 'added' ? undefined : kind,
    }),
  ).map(([, all]) => final(all) as object as Granted & { readonly end?: string });
  return [
    ...moved,
    ...pending.filter(({ end }) => end === 'activated').map((one) => ({ ...one, points: one.points ?? 0 })),
  ];
}

export function naiveLoyalty(history: readonly Told[]): object {
  const naming = ['recordLoyaltyPoints', 'recordPendingPoints', 'recordTier', 'creditReferral'];
  const named = history.filter(({ rule }) => naming.includes(rule)) as { at: string; input: Movement; rule: string }[];
  const referred = new Map(
    named
      .filter(({ rule }) => rule === 'creditReferral')
      .map(({ input }) => [
        keyOf(input.campaign) + (input as never as { referee_id: string }).referee_id,
        keyOf(input.campaign),
      ]),
  );
  const campaigns = [...by(named, ({ input }) => keyOf(input.campaign))].map(([key, all]) => {
    const name = final(all.map(({ at, input }) => ({ at, said: { name: input.campaign.name } })))['name'] as
      string | undefined;
    const tier = final(
      all.map(({ at, input }) => ({
        at,
        said: { tier: (input as never as { loyalty_tier?: object | null }).loyalty_tier },
      })),
    )['tier'] as { id: string } | undefined;
    const points = sum(movements(history).flatMap((one) => (one.campaign === key ? [one.points] : [])));
    return {
      key,
      name: name ?? key,
      points,
      referred_customers: [...referred.values()].filter((one) => one === key).length,
      tier: tier?.id,
    };
  });
  const shown = [
    ...by(
      campaigns.sort((a, b) => (a.key < b.key ? -1 : 1)),
      ({ name }) => name,
    ),
  ].map(([name, all]) => {
    const loyalty_tier = all.map(({ tier }) => tier).findLast((tier) => tier !== undefined);
    const block = {
      points: sum(all.map(({ points }) => points)),
      referred_customers: sum(all.map((one) => one.referred_customers)),
    };
    return [name, loyalty_tier === undefined ? block : { ...block, loyalty_tier }] as const;
  });
  return {
    points: sum(shown.map(([, { points }]) => points)),
    referred_customers: sum(shown.map(([, one]) => one.referred_customers)),
    campaigns: Object.fromEntries(shown),
  };
}
