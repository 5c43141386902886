import type { Entities, EntityKey } from './entities.js';
import type { Stepped, Subject } from './fold.js';
import { inOrder, type Keyed, own, put } from './keyed.js';
import { PersistentMap } from './persistent-map.js';
import { chosen, merge, type Registers, type Statement, statementsOf, unsaid } from './register.js';
import type { Stamp } from './statement.js';
import { exchanged, plus, total } from './sum.js';

/* Campaigns, which several subjects move: points.ts, pending-points.ts, spending.ts, tier.ts and referral-credit.ts. */

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

declare module './entities.js' {
  interface EntityOf {
    readonly campaign: Campaign;
  }
}

/** The part of a campaign that the document shows, kept short: the head is written with each batch. */
export interface ShownCampaign {
  readonly name?: string;
  readonly points: number;
  readonly referred_customers: number;
  /** The statements about the tier that count. */
  readonly tiers?: readonly Statement[];
  readonly is_hidden?: true;
}

export interface Loyalty {
  /** By id, or by name where a fact gives no id. */
  readonly campaigns: PersistentMap<ShownCampaign>;
  /** The sum over all campaigns. */
  readonly points: number;
  readonly referred_customers: number;
}

export const noLoyalty: Loyalty = { campaigns: PersistentMap.empty(), points: 0, referred_customers: 0 };

/** No event is about a campaign alone: subjects change them. */
export const campaigns: Subject<'loyalty', Loyalty, never, 'campaign'> = {
  slice: 'loyalty',
  entities: { campaign: true },
  facts: {},
  initial: noLoyalty,
  restore: (stored) => ({ ...stored, campaigns: PersistentMap.of(stored.campaigns) }),
  on: {},
};

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

export const campaignEntity = (campaign: CampaignReference): EntityKey => ({
  kind: 'campaign',
  id: campaignKey(campaign),
});

export type Movement = 'earned' | 'expired' | 'adjusted' | 'transferred';

type Change = (campaign: Campaign) => Campaign;

/** Changes a campaign, and its shares of what is shown and of the sums. */
export function changeCampaign(loyalty: Loyalty, entities: Entities, key: string, change: Change): Stepped<Loyalty> {
  const before = entities.get('campaign', key) ?? newCampaign;
  const after = change(before);
  if (after === before) return [loyalty, entities];
  const changed: Loyalty = {
    campaigns: loyalty.campaigns.set(key, shownOf(after)),
    points: exchanged(loyalty.points, campaignPoints(before), campaignPoints(after)),
    referred_customers: loyalty.referred_customers - before.referred_customers + after.referred_customers,
  };
  return [changed, entities.set('campaign', key, after)];
}

/** Notes the campaign's name and shows the campaign from now on. */
export function named(
  loyalty: Loyalty,
  entities: Entities,
  reference: CampaignReference,
  stamp: Stamp,
): Stepped<Loyalty> {
  return changeCampaign(loyalty, entities, campaignKey(reference), (one) => {
    const said = merge(one.said, reference.name === undefined ? {} : { name: reference.name }, stamp);
    return one.is_named && said === one.said ? one : { ...one, said, is_named: true };
  });
}

/** Moves points on a campaign; expired points are given as a negative number. */
export const move = (
  loyalty: Loyalty,
  entities: Entities,
  campaign: string,
  movement: Movement,
  points: number,
): Stepped<Loyalty> =>
  changeCampaign(loyalty, entities, campaign, (one) => ({ ...one, [movement]: plus(one[movement], points) }));

/** Notes that a credit of a campaign begins (1) or ends (-1), and its name for the campaign. */
export const credited = (
  loyalty: Loyalty,
  entities: Entities,
  campaign: string,
  name: string | undefined,
  sign: 1 | -1,
): Stepped<Loyalty> =>
  changeCampaign(loyalty, entities, campaign, (one) => ({
    ...one,
    referred_customers: one.referred_customers + sign,
    ...(name !== undefined && {
      credit_names: put(one.credit_names, name, (own(one.credit_names, name) ?? 0) + sign),
    }),
  }));

/** The points granted, whether or not they were spent (contract 1.2). */
export const campaignPoints = ({ earned, expired, adjusted, transferred }: Campaign): number =>
  total([earned, expired, adjusted, transferred]);

function shownOf(campaign: Campaign): ShownCampaign {
  const { said, is_named, referred_customers } = campaign;
  const [name, tiers] = [nameOf(campaign), statementsOf(said, 'loyalty_tier')];
  return {
    ...(name !== undefined && { name }),
    points: campaignPoints(campaign),
    referred_customers,
    ...(tiers.length > 0 && { tiers }),
    ...(!is_named && referred_customers === 0 && { is_hidden: true }),
  };
}

/** The campaign's name in facts about the customer, else the most frequent one in credits. */
function nameOf({ said, credit_names }: Campaign): string | undefined {
  const [first] = inOrder(credit_names)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  return said.values.name ?? first?.[0];
}

type Sum = Required<Omit<ShownCampaign, 'name' | 'is_hidden'>>;

const noSum: Sum = { points: 0, referred_customers: 0, tiers: [] };

/** The loyalty block: campaigns by name; those that share a name are added up, with the latest tier. */
export function loyaltyBlock({ campaigns, points, referred_customers }: Loyalty): object {
  const byName = new Map<string, Sum>();
  for (const [key, { name = key, is_hidden, ...one }] of campaigns.entries()) {
    if (is_hidden) continue;
    const sum = byName.get(name) ?? noSum;
    byName.set(name, {
      points: plus(sum.points, one.points),
      referred_customers: sum.referred_customers + one.referred_customers,
      tiers: [...sum.tiers, ...(one.tiers ?? [])],
    });
  }
  return {
    points,
    referred_customers,
    campaigns: Object.fromEntries([...byName].map(([name, one]) => [name, block(one)])),
  };
}

function block({ points, referred_customers, tiers }: Sum): object {
  const tier = tierOf(tiers);
  return { points, referred_customers, ...(tier && { loyalty_tier: tier.id }) };
}

/** The tier that counts among statements about it. */
export function tierOf(tiers: readonly Statement[] = []): Tier | null | undefined {
  const [first] = chosen(tiers, 'loyalty_tier');
  return first?.value as Tier | null | undefined;
}
