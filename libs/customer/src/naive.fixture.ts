import type { RandomFact } from './history.fixture.js';
import {
  about,
  by,
  byText,
  fieldsIn,
  final,
  finalMap,
  foremost,
  last,
  type One,
  type Statement,
  type Values,
  type Withdrawal,
} from './naive-choice.fixture.js';

/*
 * The expected document, straight from the rules and the facts: no registers, no running sums, and a sort for every
 * question.
 */

const statement = ({ at, source, sequence }: RandomFact, said: object): Statement => ({
  at,
  ...(source !== undefined && { source }),
  ...(sequence !== undefined && { sequence }),
  said: said as Values,
});

type Group = readonly [key: string, statements: readonly Statement[]];

function grouped<Input>(
  history: readonly RandomFact[],
  rule: RandomFact['rule'],
  key: (input: Input) => string | undefined,
  said: (input: Input) => object,
): Group[] {
  const groups = new Map<string, Statement[]>();
  for (const told of history.filter((one) => one.rule === rule)) {
    const name = key(told.input as Input);
    if (name === undefined) continue;
    groups.set(name, [...(groups.get(name) ?? []), statement(told, said(told.input as Input))]);
  }
  return [...groups];
}

const sum = (amounts: readonly number[]): number => amounts.reduce((a, b) => a + b, 0);
const earliest = (times: readonly string[]): string | undefined => [...times].sort()[0];
const shown = (at: string): string => `${at.slice(0, 23)}Z`;

// Profile

const PLAIN = ['name', 'email'];

export function naiveProfile(history: readonly RandomFact[]): object {
  const profiles = history.filter(({ rule }) => rule === 'profile');
  const said = profiles.map((told) => statement(told, told.input));
  const fields = Object.entries(final(said)).filter(([field, value]) => PLAIN.includes(field) && value !== null);
  const [address, metadata] = [finalMap(said, 'address'), finalMap(said, 'metadata')];
  const facts = history.filter(({ rule }) => rule !== 'credit');
  const created = profiles.flatMap(({ at, input }) => {
    const { created: isCreated, created_at } = input as { created: boolean; created_at?: string };
    return isCreated || created_at !== undefined ? [created_at ?? at] : [];
  });
  const created_at = earliest(created) ?? earliest(facts.map(({ at }) => at));
  const telling = facts.filter(({ rule }) => rule !== 'mention' && rule !== 'consents');
  const updated_at = [...telling.map(({ at }) => at), ...consentStarts(history)].sort().at(-1);
  return {
    ...(facts.length > 0 && { source_id: earliestName(facts) }),
    ...Object.fromEntries(fields),
    address: Object.keys(address).length === 0 ? null : address,
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(created_at !== undefined && { created_at: shown(created_at) }),
    ...(created_at !== undefined &&
      updated_at !== undefined &&
      updated_at > created_at && { updated_at: shown(updated_at) }),
  };
}

function earliestName(facts: readonly RandomFact[]): string | undefined {
  const told = facts.map(({ at, input }) => {
    const { source_id, customer } = input as { source_id?: string; customer?: { source_id: string } };
    return { at, name: source_id ?? customer?.source_id ?? '' };
  });
  return told.sort((a, b) => byText(a.at, b.at) || byText(a.name, b.name))[0]?.name;
}

// Consents

interface ConsentsTold {
  readonly given: boolean;
  readonly consents: readonly { readonly id: string }[];
}
const isConsentWithdrawal: Withdrawal = (id, value) => value === (id === 'unsubscribed');

const consentStatements = (history: readonly RandomFact[]): Statement[] =>
  history
    .filter(({ rule }) => rule === 'consents')
    .map((told) => {
      const { given, consents } = told.input as ConsentsTold;
      return statement(told, Object.fromEntries(consents.map(({ id }) => [id, given])));
    });

const denialsIn = (all: readonly Statement[]): string[] =>
  all.filter(({ said }) => said['unsubscribed'] === true).map(({ at }) => at);

export function naiveConsents(history: readonly RandomFact[]): object {
  const all = consentStatements(history);
  const denied = denialsIn(all).sort().at(-1) ?? '';
  const consents = fieldsIn(all)
    .sort()
    .flatMap((id) => {
      const one = foremost(id, about(all, id), isConsentWithdrawal);
      if (!one) return [];
      const isDenied = one.value === true && id !== 'unsubscribed' && denied >= one.at;
      return [[id, isDenied ? { date: shown(denied), value: false } : { date: shown(one.at), value: one.value }]];
    });
  return consents.length === 0 ? {} : { consents: Object.fromEntries(consents) as object };
}

/** The winning statement about a consent at the last of the selected times. */
function standing(all: readonly Statement[], id: string, isThen: (at: string) => boolean): One | undefined {
  return foremost(
    id,
    about(all, id).filter(({ at }) => isThen(at)),
    isConsentWithdrawal,
  );
}

/** True when a denial at `at` ends a consent: one given at that time, or one given before and not yet denied. */
function endsConsents(all: readonly Statement[], at: string): boolean {
  const denials = denialsIn(all).sort();
  const denied = denials.filter((one) => one < at).at(-1) ?? '';
  const isGiven = (one: One | undefined): boolean => one?.value === true && one.at > denied;
  const others = fieldsIn(all).filter((id) => id !== 'unsubscribed');
  const isMet = (id: string): boolean =>
    isGiven(standing(all, id, (one) => one < at)) || isGiven(standing(all, id, (one) => one === at));
  return denials.includes(at) && others.some(isMet);
}

/** True when a statement repeats the value right before its time and ends no consent. */
function isRepeated(all: readonly Statement[], id: string, value: boolean, at: string): boolean {
  const was = standing(all, id, (one) => one < at);
  if (was?.value !== value) return false;
  if (id === 'unsubscribed') return !value || !endsConsents(all, at);
  return !value || !denialsIn(all).some((denied) => was.at <= denied && denied < at);
}

/** The times since which each consent has its value, without repetitions. */
function consentStarts(history: readonly RandomFact[]): string[] {
  const all = consentStatements(history);
  return fieldsIn(all).flatMap((id) => {
    const times = about(all, id).map(({ at }) => at);
    const isNews = (time: string): boolean =>
      !isRepeated(all, id, standing(all, id, (at) => at === time)?.value === true, time) ||
      (id === 'unsubscribed' && endsConsents(all, time));
    return times.filter(isNews).sort().at(-1) ?? [];
  });
}

/** The activity entries about consents: the time, given or revoked, and the ids. */
export function naiveConsentEntries(history: readonly RandomFact[]): string[] {
  const all = consentStatements(history);
  return all.flatMap(({ at, said }) => {
    const news = Object.entries(said).filter(([id, value]) => !isRepeated(all, id, value === true, at));
    return [true, false].flatMap((given) => {
      const ids = news.flatMap(([id, value]) => (value === given ? [id] : []));
      return ids.length === 0 ? [] : [`${shown(at)} ${given ? 'given' : 'revoked'} ${ids.sort().join(' ')}`];
    });
  });
}

// Orders

export function naiveOrders(history: readonly RandomFact[]): object {
  const orders = grouped<{ id: string }>(
    history,
    'order',
    ({ id }) => id,
    (said) => said,
  ).map(([id, statements]) => {
    const { status, amount, created_at } = final(statements) as {
      status?: string;
      amount?: number | null;
      created_at?: string;
    };
    return {
      id,
      status,
      amount: amount ?? null,
      created_at: created_at ?? earliest(statements.map(({ at }) => at)) ?? '',
    };
  });
  const counted = orders.filter(({ status }) => status === 'PAID' || status === 'FULFILLED');
  const amounts = counted.flatMap(({ amount }) => (amount === null ? [] : [amount]));
  const latest = last(counted, (a, b) => byText(a.created_at + a.id, b.created_at + b.id));
  return {
    total_amount: sum(amounts),
    total_count: counted.length,
    average_amount: amounts.length === 0 ? 0 : Math.round(sum(amounts) / amounts.length),
    last_order_amount: latest?.amount ?? 0,
    ...(latest && { last_order_date: shown(latest.created_at) }),
  };
}

// Publications

export function naivePublications(history: readonly RandomFact[]): object {
  const published = history.filter(({ rule }) => rule === 'publication');
  const successes = published.filter(({ input }) => (input as { result: string }).result === 'SUCCESS');
  const about = successes.map(({ input }) => input as { campaign?: { id?: string }; voucher?: { id: string } });
  const ids = about.flatMap(({ campaign, voucher }) => campaign?.id ?? voucher?.id ?? []);
  const created_at = successes
    .map(({ at }) => at)
    .sort()
    .at(-1);
  return { ...(created_at !== undefined && { created_at }), related_object_id: [...new Set(ids)].sort() };
}

// Redemptions

interface Redeemed {
  readonly id: string;
  readonly result?: string;
  readonly redemption?: string | null;
  readonly amount?: number;
  readonly gift?: { readonly amount: number };
  readonly loyalty_card?: { readonly points: number };
  readonly voucher?: { readonly id: string; readonly type?: string };
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

function redeemed(history: readonly RandomFact[], rule: 'redemption' | 'rollback'): Redeemed[] {
  const groups = grouped<Redeemed>(
    history,
    rule,
    ({ id }) => id,
    // none is a part of itself
    (said) => (rule === 'redemption' && said.redemption === said.id ? { ...said, redemption: null } : said),
  );
  return groups.map(([id, all]) => ({ ...(final(all) as object as Redeemed), id }));
}

const transactionOf = ({ kind, transaction, voucher }: Movement): string =>
  JSON.stringify([kind, transaction.id, voucher.id]);

/** The spendings from separate facts, in the order of transaction and card. */
const spendings = (history: readonly RandomFact[]) =>
  grouped<Movement>(
    history,
    'spending',
    ({ transaction, voucher }) => JSON.stringify([transaction.id, voucher.id]),
    ({ voucher, balance, redemption }) => ({ card: voucher.id, amount: balance.points, redemption: redemption?.id }),
  )
    .sort(([a], [b]) => byText(a, b))
    .map(([, all]) => final(all) as object as Used & { readonly redemption?: string });

/** The amounts used of each card, after rollbacks. */
function used(history: readonly RandomFact[]): { readonly credits: Used[]; readonly points: Used[] } {
  const redemptions = new Map(redeemed(history, 'redemption').map((one) => [one.id, one]));
  const rollbacks = redeemed(history, 'rollback').filter(({ result }) => result === 'SUCCESS');
  const spent = spendings(history);
  const [credits, points]: [Used[], Used[]] = [[], spent.filter(({ redemption }) => redemption === undefined)];
  const all = new Set([...redemptions.keys(), ...spent.flatMap(({ redemption }) => redemption ?? [])]);
  for (const id of all) {
    const back = rollbacks.filter(({ redemption }) => redemption === id);
    const one = redemptions.get(id)?.result === 'SUCCESS' ? redemptions.get(id) : undefined;
    const plain = (type: string) => (one?.voucher?.type === type ? one.amount : undefined);
    const credit = one?.gift?.amount ?? plain('GIFT_VOUCHER');
    if (credit !== undefined) {
      const taken = back.map((rollback) => Math.abs(rollback.gift?.amount ?? rollback.amount ?? Infinity));
      credits.push({ card: one?.voucher?.id ?? '', amount: Math.max(0, credit - sum(taken)) });
    }
    const cards: Record<string, number> = {};
    const mine = spent.filter(({ redemption }) => redemption === id);
    const give = (card: string, amount: number) =>
      Object.defineProperty(cards, card, { value: amount, enumerable: true, writable: true, configurable: true });
    for (const { card, amount } of mine) give(card, (Object.hasOwn(cards, card) ? (cards[card] ?? 0) : 0) + amount);
    const own = one?.loyalty_card?.points ?? plain('LOYALTY_CARD');
    if (own !== undefined) give(one?.voucher?.id ?? mine[0]?.card ?? '', own);
    let taken = sum(back.map((rollback) => Math.abs(rollback.loyalty_card?.points ?? rollback.amount ?? Infinity)));
    for (const [card, amount] of Object.entries(cards).sort(([a], [b]) => byText(a, b))) {
      points.push({ card, amount: Math.max(0, amount - taken) });
      taken = Math.max(0, taken - amount);
    }
  }
  return { credits, points };
}

export function naiveRedemptions(history: readonly RandomFact[]): object {
  const count = (all: readonly Redeemed[], result: string): number => all.filter((one) => one.result === result).length;
  const attempts = redeemed(history, 'redemption');
  const isPart = (id: string | null | undefined): boolean =>
    attempts.some((one) => one.id === id && one.redemption != null);
  const whole = attempts.filter(({ id }) => !isPart(id));
  const back = redeemed(history, 'rollback').filter(({ redemption }) => !isPart(redemption));
  const { credits, points } = used(history);
  const added = grouped<{ transaction: { id: string }; voucher: { id: string }; balance: { amount: number } }>(
    history,
    'gift_credits',
    ({ transaction, voucher }) => JSON.stringify([transaction.id, voucher.id]),
    ({ voucher, balance }) => ({ card: voucher.id, amount: balance.amount }),
  ).map(([, all]) => final(all) as object as Used);
  const disabled = grouped<{ voucher: { id: string }; available: boolean }>(
    history,
    'card_availability',
    ({ voucher }) => voucher.id,
    ({ available }) => ({ available }),
  )
    .filter(([, all]) => (final(all) as { available?: boolean }).available === false)
    .map(([card]) => card);
  const granted = movements(history).map(({ card, points: amount }) => ({ card, amount }));
  return {
    total_redeemed: count(whole, 'SUCCESS') + count(whole, 'FAILURE'),
    total_failed: count(whole, 'FAILURE'),
    total_succeeded: count(whole, 'SUCCESS'),
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

// Loyalty

const keyOf = ({ id, name }: Movement['campaign']): string => id ?? `name:${name ?? ''}`;

interface Granted {
  readonly campaign: string;
  readonly card: string;
  readonly points: number;
}

/** All movements of points except spending. */
function movements(history: readonly RandomFact[]): Granted[] {
  const moved = grouped<Movement>(
    history,
    'points',
    transactionOf,
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
    'pending_points',
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

interface CreditTold {
  readonly campaign: { readonly id: string; readonly name: string };
  readonly referee_id: string;
  readonly turn: number;
  readonly given: boolean;
  readonly named_id?: string;
}

/** One credit for each referee and campaign where the last turn of any name of the customer gives one. */
function credited(history: readonly RandomFact[]): { readonly campaign: string; readonly name: string }[] {
  const all = history.filter(({ rule }) => rule === 'credit').map(({ input }) => input as CreditTold);
  const referees = [...by(all, ({ campaign, referee_id }) => `${campaign.id} ${referee_id}`).values()];
  return referees.flatMap((told) => {
    const names = [...by(told, ({ named_id }) => (named_id === undefined ? '2' : '1'))].sort(([a], [b]) =>
      byText(a, b),
    );
    const lastOfEach = names.flatMap(([, same]) => last(same, (a, b) => a.turn - b.turn) ?? []);
    const [first] = lastOfEach.filter(({ given }) => given);
    return first ? [{ campaign: first.campaign.id, name: first.campaign.name }] : [];
  });
}

function mostOf(names: readonly string[]): string | undefined {
  const counted = [...by(names, (name) => name)].sort(([a, x], [b, y]) => y.length - x.length || byText(a, b));
  return counted[0]?.[0];
}

export function naiveLoyalty(history: readonly RandomFact[]): object {
  const naming = ['points', 'spending', 'pending_points', 'tier'];
  const named = history.filter(({ rule }) => naming.includes(rule));
  const campaignOf = ({ input }: RandomFact): Movement['campaign'] => (input as Movement).campaign;
  const credits = credited(history);
  const keys = [
    ...new Set([...named.map((told) => keyOf(campaignOf(told))), ...credits.map(({ campaign }) => campaign)]),
  ];
  const campaigns = keys.map((key) => {
    const all = named.filter((told) => keyOf(campaignOf(told)) === key);
    const { name } = final(all.map((told) => statement(told, { name: campaignOf(told).name }))) as { name?: string };
    const mine = credits.filter(({ campaign }) => campaign === key);
    return {
      name: name ?? mostOf(mine.map((one) => one.name)) ?? key,
      points: sum(movements(history).flatMap((one) => (one.campaign === key ? [one.points] : []))),
      referred_customers: mine.length,
      tiers: all
        .filter(({ rule }) => rule === 'tier')
        .map((told) => statement(told, { tier: (told.input as { loyalty_tier: unknown }).loyalty_tier })),
    };
  });
  const blocks = [...by(campaigns, ({ name }) => name)].map(([name, all]) => {
    const { tier } = final(all.flatMap(({ tiers }) => tiers)) as { tier?: { id: string } | null };
    return [
      name,
      {
        points: sum(all.map(({ points }) => points)),
        referred_customers: sum(all.map((one) => one.referred_customers)),
        ...(tier && { loyalty_tier: tier.id }),
      },
    ] as const;
  });
  return {
    points: sum(campaigns.map(({ points }) => points)),
    referred_customers: credits.length,
    campaigns: Object.fromEntries(blocks),
  };
}

// Referrals

interface ReferralTold {
  readonly referrer: { readonly id: string };
  readonly referrer_source_id?: string;
  readonly campaign: { readonly id?: string; readonly name?: string };
  readonly redemption?: { readonly id: string };
  readonly custom_event?: { readonly id: string };
  readonly date?: string;
}

interface ReferralShown {
  readonly campaign_id: string;
  readonly referrer: { readonly told: { readonly id?: string; readonly source_id?: string }; readonly id: string };
  readonly related_object_id: string;
  readonly related_object_type: string;
  readonly date: string;
}

export function naiveReferrals(history: readonly RandomFact[], id: string): object {
  const facts = history.filter(({ rule }) => rule !== 'credit');
  const mine = facts.flatMap(({ input }) => {
    const { source_id, customer, alias } = input as {
      source_id?: string;
      customer?: { source_id: string };
      alias?: string;
    };
    return [source_id ?? customer?.source_id, alias].filter((name) => name !== undefined);
  });
  const relatedOf = ({ redemption, custom_event }: ReferralTold) =>
    redemption ? ['redemption', redemption.id] : ['custom_event', custom_event?.id ?? ''];
  const objects = new Map<string, Statement[]>();
  for (const told of history.filter(({ rule }) => rule === 'referral')) {
    const said = told.input as ReferralTold;
    const [related_object_type, related_object_id] = relatedOf(said);
    const { referrer, referrer_source_id: source_id, campaign } = said;
    const key = JSON.stringify([keyOf(campaign), related_object_type, related_object_id]);
    const one = statement(told, {
      campaign_id: campaign.id ?? campaign.name,
      referrer: { told: source_id === undefined ? { id: referrer.id } : { source_id }, id: referrer.id },
      related_object_id,
      related_object_type,
      date: said.date ?? told.at,
    });
    objects.set(key, [...(objects.get(key) ?? []), one]);
  }
  const shownOnes = [...objects.values()]
    .map((all) => final(all) as object as ReferralShown)
    .filter(({ referrer }) => referrer.id !== id && !mine.includes(referrer.told.id ?? referrer.told.source_id ?? ''));
  const campaigns = shownOnes.map(({ referrer, date, ...one }) => ({
    ...one,
    referrer_id: referrer.id,
    date: shown(date),
  }));
  return { total: campaigns.length, campaigns };
}
