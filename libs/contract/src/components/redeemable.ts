import { component, flag, integer, is, listOf, object, text } from './kit.js';

const amounts = { type: 'object', properties: { amount: integer, balance: integer } };
const points = { type: 'object', properties: { points: integer, balance: integer } };

/** Cards of a customer. */
export const redeemableComponents = {
  Redeemable: object(
    {
      id: { ...text, pattern: '^rh_[0-9a-f]{18}$' },
      redeemable_id: text,
      redeemable_object: is('voucher'),
      customer_id: text,
      holder_role: is('OWNER'),
      voucher_type: { enum: ['GIFT_VOUCHER', 'LOYALTY_CARD'] },
      redeemable: object({
        type: is('voucher'),
        status: { enum: ['ACTIVE', 'DISABLED', 'NO_BALANCE'] },
        voucher: object(
          { id: text, object: is('voucher'), type: { enum: ['GIFT_VOUCHER', 'LOYALTY_CARD'] } },
          { gift: amounts, loyalty_card: points },
        ),
      }),
    },
    { campaign_type: is('LOYALTY_PROGRAM') },
  ),
  RedeemableList: object(
    {
      object: is('list'),
      data_ref: is('data'),
      data: listOf(component('Redeemable')),
      total: integer,
      has_more: flag,
    },
    { more_starting_after: text },
  ),
};
