import { component, flag, free, instant, integer, is, listOf, object, orNull, simpleCustomer, text } from './kit.js';

const redemptionRollback = object(
  {
    id: text,
    object: is('redemption_rollback'),
    date: instant,
    customer_id: text,
    redemption: text,
    result: { enum: ['SUCCESS', 'FAILURE'] },
  },
  { amount: integer, reason: text, gift: free, loyalty_card: free },
);
const redemption = object(
  {
    id: text,
    object: is('redemption'),
    date: instant,
    customer_id: text,
    customer: simpleCustomer,
    result: { enum: ['SUCCESS', 'FAILURE'] },
    status: { enum: ['SUCCEEDED', 'FAILED', 'ROLLED_BACK'] },
    redemption: orNull(text),
    metadata: free,
    related_object_type: { enum: ['voucher', 'redemption'] },
    related_object_id: text,
    voucher: orNull(object({ id: text, object: is('voucher') }, { code: text, campaign: text, campaign_id: text })),
    rollbacks: listOf(redemptionRollback),
  },
  {
    tracking_id: text,
    amount: integer,
    failure_code: text,
    failure_message: text,
    order: { anyOf: [component('Order'), object({ id: text, object: is('order') })] },
    gift: object({ amount: integer }),
    loyalty_card: object({ points: integer }),
  },
);

/** Redemptions. */
export const redemptionComponents = {
  Redemption: redemption,
  RedemptionList: object({
    object: is('list'),
    data_ref: is('redemptions'),
    redemptions: listOf(component('Redemption')),
    total: integer,
    has_more: flag,
  }),
  VoucherRedemptionList: object({
    object: is('list'),
    data_ref: is('redemption_entries'),
    redemption_entries: listOf(component('Redemption')),
    quantity: { type: 'null' },
    total: integer,
    has_more: flag,
  }),
};
