import {
  campaignKey,
  type CampaignReference,
  type CustomerState,
  type Instant,
  isRepeated as isRepeatedAmong,
  nextMoments,
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

/** Whether a statement says what already stood right before its time. */
export function isRepeated({ head, entities }: CustomerState, id: string, value: boolean, at: Instant): boolean {
  const { said, denied_at } = head.consents;
  const latest = timeOf(said, id);
  if (latest === undefined) return false;
  if (latest >= at || (denied_at !== undefined && denied_at >= at)) return isRepeatedAmong(entities, id, value, at);
  const isDenied = value && id !== UNSUBSCRIBED && denied_at !== undefined && denied_at >= latest;
  return (said.values as Readonly<Record<string, unknown>>)[id] === value && !isDenied;
}

const UNSUBSCRIBED = 'unsubscribed';

/** The times at which statements may tell something else once these consents are said at a time. */
export function consentMomentsAfter(state: CustomerState, ids: readonly string[], at: Instant): ReadonlySet<Instant> {
  const { consents } = state.head;
  const isBefore = (id: string): boolean => (timeOf(consents.said, id) ?? '') > at;
  // what denies everything comes before statements about others too
  const isConcerned = (id: string): boolean =>
    id === UNSUBSCRIBED ? Object.keys(consents.said.by).some(isBefore) : isBefore(id);
  return new Set(ids.filter(isConcerned).flatMap((id) => nextMoments(consents, state.entities, id, at)));
}
