import { type Entities, joint } from './entities.js';
import { type EventOf, inTurn, type Stepped, type Subject } from './fold.js';
import type { Instant } from './instant.js';
import {
  campaignEntity,
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

export const tiers: Subject<'loyalty', Loyalty, TierEvent, 'tier', { readonly tier: TierFact }> = {
  slice: 'loyalty',
  entities: { tier: true },
  facts: { tier: tierDraft },
  initial: noLoyalty,
  on: {
    LoyaltyTierChanged: {
      personal: [],
      touches: ({ campaign }, at) => [{ kind: 'tier', id: joint(campaignKey(campaign), at) }, campaignEntity(campaign)],
      step: entered,
    },
  },
};

function entered(slice: Loyalty, event: TierEvent, entities: Entities): Stepped<Loyalty> {
  const { campaign, loyalty_tier } = event.data;
  const stamp = stampOf(event);
  const key = campaignKey(campaign);
  const moment = joint(key, event.occurred_at);
  const noted = entities.set('tier', moment, merge(entities.get('tier', moment), { loyalty_tier }, stamp));
  return inTurn(slice, noted, [
    (one, all) => named(one, all, campaign, stamp),
    (one, all) =>
      changeCampaign(one, all, key, (known) => {
        const said = merge(known.said, { loyalty_tier }, stamp);
        return said === known.said ? known : { ...known, said };
      }),
  ]);
}

function tierDraft(_: Entities, { campaign, loyalty_tier }: TierFact) {
  return {
    type: 'LoyaltyTierChanged' as const,
    data: { campaign, loyalty_tier },
  };
}

/** The tier in a campaign right before a time. */
export const tierBefore = (entities: Entities, campaign: CampaignReference, at: Instant): Tier | null =>
  entities.group('tier', campaignKey(campaign)).findLast(([time]) => time < at)?.[1].values.loyalty_tier ?? null;

/** The time of the next statement about the tier. */
export const nextTierMoment = (entities: Entities, campaign: CampaignReference, at: Instant): Instant | undefined =>
  entities.group('tier', campaignKey(campaign)).find(([time]) => time > at)?.[0];
