import type { CampaignType } from './types.js';

interface Campaign {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}

/** The campaign that an activity belongs to, for filters. */
export const inCampaign = (campaign: Campaign | undefined, campaign_type: CampaignType | undefined) => ({
  campaign_id: campaign?.id,
  campaign_type,
});

const TYPE_BY_VOUCHER: Readonly<Record<string, CampaignType>> = {
  DISCOUNT_VOUCHER: 'DISCOUNT_COUPONS',
  GIFT_VOUCHER: 'GIFT_VOUCHERS',
  LOYALTY_CARD: 'LOYALTY_PROGRAM',
};

/** The same, where the type of the voucher tells the type of the campaign. */
export const inCampaignOf = (campaign: Campaign | undefined, voucher: { readonly type?: string } | undefined) =>
  inCampaign(campaign, TYPE_BY_VOUCHER[voucher?.type ?? '']);
