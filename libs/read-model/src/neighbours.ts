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

/* What stood before a statement and what comes after it. Mostly nothing comes after it, and the sums know enough. */

/** The tier that stood in a campaign right before a time. */
export function tierBefore({ head, entities }: CustomerState, campaign: CampaignReference, at: Instant): Tier | null {
  const { said } = head.loyalty.campaigns.get(campaignKey(campaign)) ?? {};
  const latest = said && timeOf(said, 'loyalty_tier');
  if (latest === undefined) return null;
  return latest < at ? (said?.values.loyalty_tier ?? null) : tierBeforeAmong(entities, campaign, at);
}

/** When something is said of the tier next after a time. */
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
