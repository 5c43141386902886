import { differences } from '#customer';
import type { Answers } from './answers.js';
import { comparable } from './comparable.js';

/** Answers that differ from those of 0.1.0 on purpose. */
export interface Change {
  /** The rule that asks for it: the case of `truth.long.spec.ts` (T) or the rule of `time-rules.long.spec.ts` (R) that holds it, and what it says. */
  readonly rule: string;
  /** Where, as places in the answers: `*` is one step, `**` any number of them. */
  readonly at: readonly string[];
}

const of = (name: string, ...places: readonly string[]): string[] =>
  places.map((place) => `/customers/${name}/${place}`);
const POINTS = ['document/loyalty/points', 'document/loyalty/campaigns/Club/points'];
const LEFT = 'document/summary/redemptions/loyalty_card/points_to_go';
const CARD = ['redeemables/*/redeemable/voucher/loyalty_card/*'];
const ROLLED_BACK = 'document/summary/redemptions/total_roll*';
const REFERRALS = ['document/referrals/**', 'document/loyalty/referred_customers', 'history/*/data/given'];

const person = (...numbers: readonly number[]): string[] => numbers.map((number) => `person-${number}`);
const MOVED = [...person(9, 15, 18, 19, 20), 'case-transaction'];
const CREDITED = [
  ...person(3, 4, 6, 9, 10, 11, 12, 14, 17, 18, 19, 20),
  'case-referrer-*',
  'case-self',
  'case-circle-*',
];
const TIERED = [...person(2, 9, 10, 15, 16, 19), 'case-tier'];

/** Each rule that changes what an old history means. */
export const changes: readonly Change[] = [
  {
    rule: 'T6: at one time a withdrawal wins, and a segment is left that rests on the consent',
    at: [
      ...of(
        'case-tie-consent',
        'document/system_metadata/consents/news/value',
        'segments',
        'segments/**',
        'history/4/**',
      ),
      ...of('case-tie-consent', 'verify/events', 'verify/head/*', 'entries/customer.segment.left *'),
      '/others/members/News/case-tie-consent',
    ],
  },
  {
    rule: 'T7: at one time numbers compare as numbers',
    at: of('case-tie-amount', 'document/summary/orders/*_amount', 'orders/0/amount', 'orders/0/total_amount'),
  },
  { rule: 'T10: at one time texts compare by code point', at: of('case-tie-text', 'document/name') },
  {
    rule: 'T19: the kind of movement is part of what a transaction of points is',
    at: [
      ...[...MOVED, 'person-5'].flatMap((name) => of(name, ...POINTS)),
      ...MOVED.flatMap((name) => of(name, ...CARD)),
      ...['person-19', 'case-transaction'].flatMap((name) => of(name, LEFT)),
      ...of('case-transaction', 'redeemables/0/redeemable/status'),
    ],
  },
  {
    rule: 'T20: who refers themselves counts on neither side',
    at: [
      ...of('person-18', ...REFERRALS, 'document/loyalty/campaigns/Friends/referred_customers'),
      ...of('case-self', ...REFERRALS, 'document/loyalty/campaigns', 'document/loyalty/campaigns/Friends/*'),
    ],
  },
  {
    rule: 'T20: referrals of oneself and of each other are flagged',
    at: ['person-18', 'person-20', 'person-4', 'case-self', 'case-circle-*'].flatMap((name) =>
      of(name, 'history/*/flag'),
    ),
  },
  {
    rule: 'T31: a credit is no news about the referrer',
    at: [
      ...of('case-circle-a', 'document/updated_at'),
      ...CREDITED.flatMap((name) => of(name, 'entries/customer.loyalty.updated *')),
    ],
  },
  {
    rule: 'T16: a tier is chosen among all that was told of campaigns of the shown name',
    at: of('case-tier-name', 'document/loyalty/campaigns/Club/loyalty_tier'),
  },
  {
    rule: 'T22: rollbacks of a part of a redemption count on no one',
    at: ['person-9', 'case-parts'].flatMap((name) => of(name, ROLLED_BACK)),
  },
  {
    rule: 'R19: a rollback counts by its id, on the redemption that its latest fact names',
    at: ['person-5', 'person-17'].flatMap((name) => of(name, ROLLED_BACK)),
  },
  {
    rule: 'T21: a redemption is used until all that it took is taken back',
    at: ['case-part', 'case-amount'].flatMap((name) => of(name, 'redemptions/0/status')),
  },
  {
    rule: 'T23: a plain amount counts as credits of a gift card',
    at: of('case-amount', 'document/summary/redemptions/gift/redeemed_amount'),
  },
  {
    rule: 'T24: what several facts say of points spent by one redemption adds up',
    at: of('case-spent-twice', 'document/summary/redemptions/loyalty_card/redeemed_points'),
  },
  { rule: 'T28: averages are exact', at: of('case-average', 'document/summary/orders/average_amount') },
  {
    rule: 'R1: times have nine digits of a second',
    at: ['/customers/*/history/*/data/created_at', '/gone/*/history/*/data/created_at'],
  },
  {
    rule: 'R20: an event of an order says what happened to it',
    at: ['/customers/*/history/*/data/told_as', '/gone/*/history/*/data/told_as'],
  },
  {
    rule: 'T12: a customer or an order is created once, by the earliest statement',
    at: of('*', 'entries/customer.created *', 'entries/customer.order.created *', 'said/*.created */0/group_id'),
  },
  {
    rule: 'R20: every fact about an order has its own entry, of its own type',
    at: ['updated', 'processing', 'paid', 'fulfilled', 'canceled'].flatMap((happening) =>
      of('*', `entries/customer.order.${happening} *`),
    ),
  },
  {
    rule: 'T15: a change of tier is told as left and joined, by the order of times',
    at: TIERED.flatMap((name) => of(name, 'entries/customer.loyalty.tier.* *', 'entries/customer.loyalty.updated *')),
  },
  {
    rule: 'R20: a statement of consent tells nothing when it repeats its predecessor by time',
    at: [
      ...['person-16', 'person-18', 'person-9', 'person-2'].flatMap((name) =>
        of(name, 'entries/customer.consents.given *'),
      ),
      ...of('person-17', 'entries/customer.consents.revoked *'),
      ...of('person-3', 'said/customer.consents.given */0/data/data/consents/1/*'),
    ],
  },
  {
    rule: 'R20: an entry says what its fact said, and by which names the customer is known now',
    at: of('*', 'said/*/*/data/data/customer/**', 'said/customer.order.*/*/data/data/order/**'),
  },
  {
    rule: 'R20: a rollback tells order and voucher of its redemption, also when it was told first',
    at: of(
      'person-9',
      'said/customer.redemption.rollback.failed */0/data/data/voucher/*',
      'said/customer.redemption.rollback.failed */0/data/data/order/id',
    ),
  },
  {
    rule: 'R20: what an entry tells follows from the facts alone: its consents come in the order of their ids',
    at: of('*', 'said/customer.consents.* */*/data/data/consents/*/id'),
  },
];

export interface Judgement {
  /** Differences that no change explains: where, what was answered, and what is. */
  readonly unexplained: readonly string[];
  /** Changes that explain nothing: they are not there any more, or never were. */
  readonly idle: readonly string[];
}

/** Holds present answers against those of before. */
export function judged(was: Answers, is: Answers, by: readonly Change[] = changes): Judgement {
  const found = differences(...comparable(was, is));
  const rules = by.map(({ rule, at }) => ({ rule, at: at.map(patternOf) }));
  const explains = ({ at }: (typeof rules)[number], path: string): boolean => at.some((one) => one.test(path));
  return {
    unexplained: found
      .filter(({ path }) => !rules.some((rule) => explains(rule, path)))
      .map(({ path, from, to }) => `${path}: ${JSON.stringify(from)} -> ${JSON.stringify(to)}`),
    idle: rules.filter((rule) => !found.some(({ path }) => explains(rule, path))).map(({ rule }) => rule),
  };
}

/** A place with stars as a regular expression. */
function patternOf(place: string): RegExp {
  const steps = place.split('/').map((step) => (step === '**' ? '.*' : step.split('*').map(literal).join('[^/]*')));
  return new RegExp(`^${steps.join('/')}$`);
}

const literal = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
