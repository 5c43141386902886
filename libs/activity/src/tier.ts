import {
  campaignKey,
  type CampaignReference,
  type CustomerState,
  type Instant,
  nextTierMoment,
  shown,
  tierBefore as tierBeforeAmong,
  type Tier,
  timeOf,
} from '#customer';
import type { ActivityKey, Change, DataOf, Described } from './activity.js';
import { inCampaign } from './campaign.js';
import { loyaltyUpdated } from './loyalty.js';
import type { ActivityType } from './types.js';

export const tiersOf = ({ campaign }: DataOf<'LoyaltyTierChanged'>): string => `tier:${campaignKey(campaign)}`;

/** Compares with the tier right before; tiers have no order, so a change is never called up or down. */
export function describeTier({ data, occurred_at, known }: Change<'LoyaltyTierChanged'>): Described[] {
  const { campaign, loyalty_tier: is } = data;
  const was = tierBefore(known.before, campaign, occurred_at);
  if (was?.id === is?.id) return [loyaltyUpdated(campaign, { loyalty_tier: is, created_at: shown(occurred_at) })];
  const moved = (type: ActivityType, slot: number, tier: object | null): Described[] =>
    tier === null
      ? []
      : [
          {
            type,
            slot,
            payload: { campaign, loyalty_tier: tier, created_at: shown(occurred_at) },
            ...inCampaign(campaign, 'LOYALTY_PROGRAM'),
          },
        ];
  return [...moved('customer.loyalty.tier.left', 1, was), ...moved('customer.loyalty.tier.joined', 0, is)];
}

/** A late tier changes what the next one is compared with. */
export const nextTierChanged = ({ data, occurred_at, known }: Change<'LoyaltyTierChanged'>): ActivityKey[] =>
  tierMomentAfter(known.after, data.campaign, occurred_at).map((created_at) => ({
    object: tiersOf(data),
    created_at,
  }));

/** The tier that stood in a campaign right before a time. Mostly the newest one did, and nothing else is loaded. */
function tierBefore({ entities }: CustomerState, campaign: CampaignReference, at: Instant): Tier | null {
  const { said } = entities.get('campaign', campaignKey(campaign)) ?? {};
  const latest = said && timeOf(said, 'loyalty_tier');
  if (latest === undefined) return null;
  return latest < at ? (said?.values.loyalty_tier ?? null) : tierBeforeAmong(entities, campaign, at);
}

/** The time of the next statement about the tier, if there is one. */
function tierMomentAfter({ entities }: CustomerState, campaign: CampaignReference, at: Instant): Instant[] {
  const { said } = entities.get('campaign', campaignKey(campaign)) ?? {};
  const latest = said && timeOf(said, 'loyalty_tier');
  const next = latest !== undefined && latest > at ? nextTierMoment(entities, campaign, at) : undefined;
  return next === undefined ? [] : [next];
}
