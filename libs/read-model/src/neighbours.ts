import {
  campaignKey,
  type CampaignReference,
  type CustomerState,
  type Instant,
  nextTierMoment,
  tierBefore as tierBeforeAmong,
  type Tier,
  timeOf,
} from '#customer';

/* The statements right before and after another one. Mostly none comes after, and the head answers without a lookup. */

/** The tier in a campaign right before a time. */
export function tierBefore({ head, entities }: CustomerState, campaign: CampaignReference, at: Instant): Tier | null {
  const { said } = head.loyalty.campaigns.get(campaignKey(campaign)) ?? {};
  const latest = said && timeOf(said, 'loyalty_tier');
  if (latest === undefined) return null;
  return latest < at ? (said?.values.loyalty_tier ?? null) : tierBeforeAmong(entities, campaign, at);
}

/** The time of the next statement about the tier, if there is one. */
export function tierMomentAfter(
  { head, entities }: CustomerState,
  campaign: CampaignReference,
  at: Instant,
): Instant[] {
  const { said } = head.loyalty.campaigns.get(campaignKey(campaign)) ?? {};
  const latest = said && timeOf(said, 'loyalty_tier');
  const next = latest !== undefined && latest > at ? nextTierMoment(entities, campaign, at) : undefined;
  return next === undefined ? [] : [next];
}
