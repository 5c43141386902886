import { type Entities, joint } from './entities.js';
import { type EventOf, type Instant, nothing, type Stepped, type Subject } from './fold.js';
import { campaignKey, type CampaignReference, changeCampaign, type Loyalty, named, noLoyalty } from './loyalty.js';
import { compare, type Keyed, merge, own, put, type Registers } from './merge.js';
import type { Reference } from './profile.js';

// 1. Facts and events

interface ReferralSaid {
  readonly referrer: { readonly id: string };
  readonly campaign: CampaignReference;
  readonly redemption?: { readonly id: string };
  readonly custom_event?: { readonly id: string };
  readonly date?: Instant;
}

/** `customer.referred`: this customer came through the referrer. */
export interface ReferralFact extends ReferralSaid {
  readonly customer: Reference;
}

/** The other side: this customer brought the referee. */
export interface ReferralCredit {
  readonly campaign: CampaignReference;
  readonly referee_id: string;
}

export type ReferralEvent = EventOf<'CustomerReferred', ReferralSaid>;
export type CreditEvent = EventOf<'ReferralCredited', ReferralCredit>;

// 2. State

interface Referral {
  readonly campaign_id: string;
  readonly referrer_id: string;
  readonly related_object_id: string;
  readonly related_object_type: 'redemption' | 'custom_event';
  readonly date: Instant;
}

/** By campaign and related object: few per customer, all shown. */
export type Referrals = Keyed<Registers<Referral>>;

/** One customer brought in one campaign. */
export type ReferredEntity = Registers<{ readonly referee_id: string }>;

// 3. Fold

export const referrals: Subject<Referrals, ReferralEvent> = {
  initial: {},
  on: { CustomerReferred: { personal: [], touches: nothing, step: referred } },
};

function referred(slice: Referrals, { data, occurred_at }: ReferralEvent, entities: Entities): Stepped<Referrals> {
  const said = referralOf(data, occurred_at);
  const key = joint(campaignKey(data.campaign), said.related_object_id);
  const before = own(slice, key);
  const after = merge(before, said, occurred_at);
  return [after === before ? slice : put(slice, key, after), entities];
}

function referralOf({ referrer, campaign, redemption, custom_event, date }: ReferralSaid, at: Instant): Referral {
  return {
    campaign_id: campaign.id ?? campaign.name ?? '',
    referrer_id: referrer.id,
    related_object_id: redemption?.id ?? custom_event?.id ?? '',
    related_object_type: redemption ? 'redemption' : 'custom_event',
    date: date ?? at,
  };
}

export const credits: Subject<Loyalty, CreditEvent> = {
  initial: noLoyalty,
  on: {
    ReferralCredited: { personal: [], touches: (data) => [{ kind: 'referred', id: creditKey(data) }], step: credited },
  },
};

/** A referee counts once per campaign. */
const creditKey = ({ campaign, referee_id }: ReferralCredit): string => joint(campaignKey(campaign), referee_id);

function credited(slice: Loyalty, { data, occurred_at }: CreditEvent, entities: Entities): Stepped<Loyalty> {
  const known = named(slice, data.campaign, occurred_at);
  const id = creditKey(data);
  const before = entities.get('referred', id);
  const after = merge(before, { referee_id: data.referee_id }, occurred_at);
  if (after === before) return [known, entities];
  if (before) return [known, entities.set('referred', id, after)];
  const counted = changeCampaign(known, campaignKey(data.campaign), (one) => ({
    ...one,
    referred_customers: one.referred_customers + 1,
  }));
  return [counted, entities.set('referred', id, after)];
}

// 4. Rules

export const referralEvent = (_: Entities, { customer: __, ...data }: ReferralFact, at: Instant): ReferralEvent => ({
  type: 'CustomerReferred',
  occurred_at: at,
  data,
});

export const creditEvent = (_: Entities, data: ReferralCredit, at: Instant): CreditEvent => ({
  type: 'ReferralCredited',
  occurred_at: at,
  data,
});

// 5. Rendering

export function referralBlock(slice: Referrals): object {
  const campaigns = Object.values(slice)
    .map(({ values }) => values as Referral)
    .sort(
      (a, b) =>
        compare(a.date, b.date) ||
        compare(a.campaign_id, b.campaign_id) ||
        compare(a.related_object_id, b.related_object_id),
    );
  return { total: campaigns.length, campaigns: campaigns.map(shown) };
}

const shown = ({ campaign_id, referrer_id, related_object_id, related_object_type, date }: Referral): Referral => ({
  campaign_id,
  referrer_id,
  related_object_id,
  related_object_type,
  date,
});
