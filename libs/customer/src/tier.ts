import type { Entities } from './entities.js';
import { type EventOf, type Instant, nothing, type Stepped, type Subject } from './fold.js';
import { campaignKey, type CampaignReference, changeCampaign, type Loyalty, named, noLoyalty } from './loyalty.js';
import { merge, own } from './merge.js';
import type { Reference } from './profile.js';

interface TierSaid {
  readonly campaign: CampaignReference;
  /** Null: in no tier any more. */
  readonly loyalty_tier: { readonly id: string; readonly name?: string } | null;
}

export interface TierFact extends TierSaid {
  readonly customer: Reference;
}

export type TierEvent = EventOf<'LoyaltyTierChanged', TierSaid>;

export const tiers: Subject<Loyalty, TierEvent> = {
  initial: noLoyalty,
  on: { LoyaltyTierChanged: { personal: [], touches: nothing, step: entered } },
};

function entered(
  slice: Loyalty,
  { data: { campaign, loyalty_tier }, occurred_at }: TierEvent,
  entities: Entities,
): Stepped<Loyalty> {
  const key = campaignKey(campaign);
  const known = named(slice, campaign, occurred_at);
  const before = own(known.campaigns, key)?.said;
  const said = merge(before, { loyalty_tier }, occurred_at);
  return [said === before ? known : changeCampaign(known, key, (one) => ({ ...one, said })), entities];
}

export const tierEvent = (_: Entities, { campaign, loyalty_tier }: TierFact, at: Instant): TierEvent => ({
  type: 'LoyaltyTierChanged',
  occurred_at: at,
  data: { campaign, loyalty_tier },
});
