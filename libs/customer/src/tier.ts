import { type Entities, joint } from './entities.js';
import type { EventOf, Stepped, Subject } from './fold.js';
import type { Instant } from './instant.js';
import {
  campaignKey,
  type CampaignReference,
  changeCampaign,
  type Loyalty,
  named,
  noLoyalty,
  type Tier,
} from './loyalty.js';
import type { Reference } from './profile.js';
import { merge, type Registers } from './register.js';
import { stampOf } from './statement.js';

interface TierSaid {
  readonly campaign: CampaignReference;
  /** Null: the customer left the tier. */
  readonly loyalty_tier: Tier | null;
}

export interface TierFact extends TierSaid {
  readonly customer: Reference;
}

export type TierEvent = EventOf<'LoyaltyTierChanged', TierSaid>;

/** All statements about the tier in a campaign at one time. */
export type TierMoment = Registers<{ readonly loyalty_tier: Tier | null }>;

declare module './entities.js' {
  interface EntityOf {
    readonly tier: TierMoment;
  }
}

export const tiers: Subject<'loyalty', Loyalty, TierEvent, 'tier'> = {
  slice: 'loyalty',
  entities: { tier: true },
  initial: noLoyalty,
  on: {
    LoyaltyTierChanged: {
      personal: [],
      touches: ({ campaign }, at) => [{ kind: 'tier', id: joint(campaignKey(campaign), at) }],
      step: entered,
    },
  },
};

function entered(slice: Loyalty, event: TierEvent, entities: Entities): Stepped<Loyalty> {
  const { campaign, loyalty_tier } = event.data;
  const stamp = stampOf(event);
  const key = campaignKey(campaign);
  const known = named(slice, campaign, stamp);
  const moment = joint(key, event.occurred_at);
  const noted = entities.set('tier', moment, merge(entities.get('tier', moment), { loyalty_tier }, stamp));
  const before = known.campaigns.get(key)?.said;
  const said = merge(before, { loyalty_tier }, stamp);
  return [said === before ? known : changeCampaign(known, key, (one) => ({ ...one, said })), noted];
}

export const tierDraft = (_: Entities, { campaign, loyalty_tier }: TierFact) => ({
  type: 'LoyaltyTierChanged' as const,
  data: { campaign, loyalty_tier },
});

/** The tier in a campaign right before a time. */
export const tierBefore = (entities: Entities, campaign: CampaignReference, at: Instant): Tier | null =>
  entities.group('tier', campaignKey(campaign)).findLast(([time]) => time < at)?.[1].values.loyalty_tier ?? null;

/** The time of the next statement about the tier. */
export const nextTierMoment = (entities: Entities, campaign: CampaignReference, at: Instant): Instant | undefined =>
  entities.group('tier', campaignKey(campaign)).find(([time]) => time > at)?.[0];
