import { inOrder, type Keyed, own, put } from './keyed.js';
import { PersistentMap } from './persistent-map.js';
import { chosen, merge, type Registers, type Statement, statementsOf, unsaid } from './register.js';
import type { Stamp } from './statement.js';
import { exchanged, plus, total } from './sum.js';

/* Campaigns; the facts that change them are in points.ts, pending-points.ts, card.ts, tier.ts and referral.ts. */

export interface CampaignReference {
  readonly id?: string;
  readonly name?: string;
}

export interface CardReference {
  readonly id: string;
  readonly code?: string;
  readonly type?: string;
}

export interface Tier {
  readonly id: string;
  readonly name?: string;
}

export interface Campaign {
  readonly said: Registers<{ readonly name: string; readonly loyalty_tier: Tier | null }>;
  /** True once a fact about this customer named it; a credit, which can end, does not count. */
  readonly is_named: boolean;
  readonly earned: number;
  readonly expired: number;
  readonly adjusted: number;
  readonly transferred: number;
  readonly referred_customers: number;
  /** Name of the campaign in credits -> the number of credits with it. */
  readonly credit_names: Keyed<number>;
}

export interface Loyalty {
  /** By id, or by name where a fact gives no id. */
  readonly campaigns: PersistentMap<Campaign>;
  /** The sum over all campaigns. */
  readonly points: number;
  readonly referred_customers: number;
}

export const noLoyalty: Loyalty = { campaigns: PersistentMap.empty(), points: 0, referred_customers: 0 };

const newCampaign: Campaign = {
  said: unsaid,
  is_named: false,
  earned: 0,
  expired: 0,
  adjusted: 0,
  transferred: 0,
  referred_customers: 0,
  credit_names: {},
};

/** A campaign is known by its id, or by its name where a fact gives no id. */
export const campaignKey = ({ id, name }: CampaignReference): string => id ?? `name:${name ?? ''}`;

export type Movement = 'earned' | 'expired' | 'adjusted' | 'transferred';

/** Notes the campaign's name and shows the campaign from now on. */
export function named(loyalty: Loyalty, reference: CampaignReference, stamp: Stamp): Loyalty {
  const key = campaignKey(reference);
  const known = loyalty.campaigns.get(key);
  const said = merge((known ?? newCampaign).said, reference.name === undefined ? {} : { name: reference.name }, stamp);
  if (known?.is_named === true && said === known.said) return loyalty;
  return { ...loyalty, campaigns: loyalty.campaigns.set(key, { ...(known ?? newCampaign), said, is_named: true }) };
}

export function changeCampaign(loyalty: Loyalty, key: string, change: (campaign: Campaign) => Campaign): Loyalty {
  const before = loyalty.campaigns.get(key) ?? newCampaign;
  const after = change(before);
  return {
    campaigns: loyalty.campaigns.set(key, after),
    points: exchanged(loyalty.points, campaignPoints(before), campaignPoints(after)),
    referred_customers: loyalty.referred_customers - before.referred_customers + after.referred_customers,
  };
}

/** Moves points on a campaign; expired points are given as a negative number. */
export const move = (loyalty: Loyalty, campaign: string, movement: Movement, points: number): Loyalty =>
  changeCampaign(loyalty, campaign, (one) => ({ ...one, [movement]: plus(one[movement], points) }));

/** Notes that a credit of a campaign begins (1) or ends (-1), and its name for the campaign. */
export const credited = (loyalty: Loyalty, campaign: string, name: string | undefined, sign: 1 | -1): Loyalty =>
  changeCampaign(loyalty, campaign, (one) => ({
    ...one,
    referred_customers: one.referred_customers + sign,
    ...(name !== undefined && {
      credit_names: put(one.credit_names, name, (own(one.credit_names, name) ?? 0) + sign),
    }),
  }));

/** The points granted, whether or not they were spent (contract 1.2). */
export const campaignPoints = ({ earned, expired, adjusted, transferred }: Campaign): number =>
  total([earned, expired, adjusted, transferred]);

interface Shown {
  points: number;
  referred_customers: number;
  tiers: Statement[];
}

/** The loyalty block: campaigns by name; those that share a name are added up, with the latest tier. */
export function loyaltyBlock({ campaigns, points, referred_customers }: Loyalty): object {
  const byName = new Map<string, Shown>();
  for (const [key, campaign] of campaigns.entries()) {
    if (!campaign.is_named && campaign.referred_customers === 0) continue;
    const name = nameOf(key, campaign);
    const sum = byName.get(name) ?? { points: 0, referred_customers: 0, tiers: [] };
    byName.set(name, {
      points: plus(sum.points, campaignPoints(campaign)),
      referred_customers: sum.referred_customers + campaign.referred_customers,
      tiers: [...sum.tiers, ...statementsOf(campaign.said, 'loyalty_tier')],
    });
  }
  return {
    points,
    referred_customers,
    campaigns: Object.fromEntries([...byName].map(([name, one]) => [name, block(one)])),
  };
}

function block({ points, referred_customers, tiers }: Shown): object {
  const [first] = chosen(tiers, 'loyalty_tier');
  const tier = first?.value as Tier | null | undefined;
  return { points, referred_customers, ...(tier && { loyalty_tier: tier.id }) };
}

/** The campaign's name in facts about the customer, else the most frequent one in credits. */
export function nameOf(key: string, { said, credit_names }: Campaign): string {
  const [first] = inOrder(credit_names)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  return said.values.name ?? first?.[0] ?? key;
}
