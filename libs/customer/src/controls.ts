import type { CardAvailabilityFact } from './card.js';
import type { ConsentFact } from './consent.js';
import type { CustomEventFact } from './custom-event.js';
import type { GiftCreditsFact } from './gift.js';
import type { OrderFact } from './order.js';
import type { PendingPointsFact } from './pending-points.js';
import type { LoyaltyPointsFact } from './points.js';
import type { ProfileFact } from './profile.js';
import type { PublicationFact } from './publication.js';
import type { RedemptionFact, RollbackFact } from './redemption.js';
import type { ReferralFact } from './referral.js';
import type { PointsSpentFact } from './spending.js';
import type { TierFact } from './tier.js';
import type { ValidationFact } from './validation.js';

/* One canonical example of every fact, of which each test varies the part that it is about. */

export const at = '2024-05-01T10:00:00.000Z';
export const before = '2024-05-01T09:00:00.000Z';
export const after = '2024-05-01T11:00:00.000Z';

const who = { source_id: 'ada' };
export const campaign = { id: 'camp_points', name: 'Points' };
export const card = { id: 'v_card', code: 'CARD-1', type: 'LOYALTY_CARD' };

export const profile: ProfileFact = {
  ...who,
  created: true,
  name: 'Ada Lovelace',
  email: 'ada@example.test',
  birthdate: '1815-12-10',
  address: { city: 'London', postal_code: null },
  metadata: { lang: 'en' },
};
export const order: OrderFact = {
  id: 'ord_1',
  status: 'PAID',
  amount: 1500,
  created_at: at,
  metadata: { gift: true },
  customer: who,
};
export const redemption: RedemptionFact = {
  id: 'r_1',
  result: 'SUCCESS',
  voucher: card,
  loyalty_card: { points: 30 },
  customer: who,
};
export const rollback: RollbackFact = {
  id: 'rr_1',
  redemption: 'r_1',
  result: 'SUCCESS',
  reason: 'changed my mind',
  customer: who,
};
export const validation: ValidationFact = { id: 'valid_1', valid: true, customer: who };
export const publication: PublicationFact = { id: 'pub_1', result: 'SUCCESS', campaign, voucher: card, customer: who };
export const points: LoyaltyPointsFact = {
  kind: 'earned',
  campaign,
  voucher: card,
  balance: { points: 100 },
  transaction: { id: 'vtx_1', reason: 'welcome' },
  customer: who,
};
export const spent: PointsSpentFact = {
  kind: 'spent',
  campaign,
  voucher: card,
  balance: { points: 20 },
  transaction: { id: 'vtx_2' },
  customer: who,
};
export const pending: PendingPointsFact = {
  kind: 'added',
  campaign,
  voucher: card,
  pending_points: { id: 'ppt_1', points: 50 },
  customer: who,
};
export const availability: CardAvailabilityFact = { available: false, voucher: card, customer: who };
export const tier: TierFact = { campaign, loyalty_tier: { id: 'ltr_gold', name: 'Gold' }, customer: who };
export const gift: GiftCreditsFact = {
  voucher: { id: 'v_gift', type: 'GIFT_VOUCHER' },
  balance: { amount: 5000 },
  transaction: { id: 'gtx_1' },
  customer: who,
};
export const referral: ReferralFact = {
  referrer: { id: 'cust_referrer' },
  campaign: { id: 'camp_friends', name: 'Friends' },
  redemption: { id: 'r_ref' },
  customer: who,
};
export const consents: ConsentFact = { given: true, consents: [{ id: 'cnst_mail', name: 'Mail' }], customer: who };
export const customEvent: CustomEventFact = { id: 'evt_1', type: 'visited', metadata: { page: '/' }, customer: who };
