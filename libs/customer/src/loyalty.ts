import type { Instant } from './fold.js';
import { inOrder, type Keyed, merge, own, plus, put, type Registers, total } from './merge.js';

/* What campaigns and cards have in common; the facts are in points.ts, pending-points.ts, card.ts, tier.ts and referral.ts. */

export interface CampaignReference {
  readonly id?: string;
  readonly name?: string;
}

export interface CardReference {
  readonly id: string;
  readonly code?: string;
  readonly type?: string;
}

export interface Campaign {
  readonly said: Registers<{
    readonly name: string;
    readonly loyalty_tier: { readonly id: string; readonly name?: string } | null;
  }>;
  readonly earned: number;
  readonly expired: number;
  readonly adjusted: number;
  readonly transferred: number;
  readonly referred_customers: number;
}

export interface Card {
  /** Everything but spending: earned, expired, adjusted, transferred. */
  readonly granted: number;
  readonly pending: number;
  readonly said: Registers<{ readonly available: boolean }>;
}

export interface Loyalty {
  readonly campaigns: Keyed<Campaign>;
  readonly cards: Keyed<Card>;
}

export const noLoyalty: Loyalty = { campaigns: {}, cards: {} };

const newCampaign: Campaign = {
  said: { values: {}, times: {} },
  earned: 0,
  expired: 0,
  adjusted: 0,
  transferred: 0,
  referred_customers: 0,
};
const newCard: Card = { granted: 0, pending: 0, said: { values: {}, times: {} } };

/** A campaign is known by its id, or by its name where a fact gives no id. */
export const campaignKey = ({ id, name }: CampaignReference): string => id ?? `name:${name ?? ''}`;

export type Movement = 'earned' | 'expired' | 'adjusted' | 'transferred';

/** Notes the campaign's name; the campaign is shown from now on. */
export function named(loyalty: Loyalty, reference: CampaignReference, at: Instant): Loyalty {
  const key = campaignKey(reference);
  const known = own(loyalty.campaigns, key);
  const said = merge((known ?? newCampaign).said, reference.name === undefined ? {} : { name: reference.name }, at);
  if (known && said === known.said) return loyalty;
  return { ...loyalty, campaigns: put(loyalty.campaigns, key, { ...(known ?? newCampaign), said }) };
}

export function changeCampaign(loyalty: Loyalty, key: string, change: (campaign: Campaign) => Campaign): Loyalty {
  return { ...loyalty, campaigns: put(loyalty.campaigns, key, change(own(loyalty.campaigns, key) ?? newCampaign)) };
}

export function changeCard(loyalty: Loyalty, id: string, change: (card: Card) => Card): Loyalty {
  return { ...loyalty, cards: put(loyalty.cards, id, change(own(loyalty.cards, id) ?? newCard)) };
}

/** Moves points on a campaign and on a card; expired points are given as a negative number. */
export function move(loyalty: Loyalty, campaign: string, card: string, movement: Movement, points: number): Loyalty {
  const moved = changeCampaign(loyalty, campaign, (one) => ({ ...one, [movement]: plus(one[movement], points) }));
  return changeCard(moved, card, (one) => ({ ...one, granted: plus(one.granted, points) }));
}

/** Points by the first ledger: what was granted, whether or not it was spent (contract 1.2). */
export const campaignPoints = ({ earned, expired, adjusted, transferred }: Campaign): number =>
  total([earned, expired, adjusted, transferred]);

/** Points by the second ledger: what is left to spend on the cards that are available. */
export const pointsToGo = ({ cards }: Loyalty, spent: Keyed<number>): number =>
  total(
    Object.entries(cards).map(([id, card]) =>
      isAvailable(card) ? Math.max(0, card.granted - (own(spent, id) ?? 0)) : 0,
    ),
  );

/** By loyalty card. */
export const pointsOperands = ({ cards }: Loyalty, spent: Keyed<number>) =>
  Object.fromEntries(
    Object.entries(cards).map(([id, card]) => [
      id,
      { granted: card.granted, spent: own(spent, id) ?? 0, available: isAvailable(card) },
    ]),
  );

const isAvailable = ({ said }: Card): boolean => said.values.available !== false;

/** The loyalty block: campaigns by name, added up where two share one. */
export function loyaltyBlock({ campaigns }: Loyalty): object {
  const byName = new Map<string, { points: number; referred_customers: number; loyalty_tier?: string }>();
  for (const [key, campaign] of inOrder(campaigns)) {
    const { name = key, loyalty_tier } = campaign.said.values;
    const sum = byName.get(name);
    byName.set(name, {
      points: plus(sum?.points ?? 0, campaignPoints(campaign)),
      referred_customers: (sum?.referred_customers ?? 0) + campaign.referred_customers,
      ...(sum?.loyalty_tier !== undefined && { loyalty_tier: sum.loyalty_tier }),
      ...(loyalty_tier && { loyalty_tier: loyalty_tier.id }),
    });
  }
  const all = [...byName.values()];
  return {
    points: total(all.map(({ points }) => points)),
    referred_customers: total(all.map(({ referred_customers }) => referred_customers)),
    campaigns: Object.fromEntries(byName),
  };
}
