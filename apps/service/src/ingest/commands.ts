import type { Command } from '@nestjs/cqrs';
import type { FactInput, FactType } from '#contract';
import type { Context } from '#event-store';
import { RecordConsents } from '../commands/consent.js';
import { RecordCustomEvent } from '../commands/custom-event.js';
import type { CustomerRef, Outcome } from '../commands/customer-command.js';
import { RecordGiftCredits } from '../commands/gift.js';
import { RecordCardAvailability, RecordLoyaltyPoints, RecordPendingPoints, RecordTier } from '../commands/loyalty.js';
import { RecordOrder } from '../commands/order.js';
import { RecordProfile } from '../commands/profile.js';
import { RecordPublication } from '../commands/publication.js';
import { RecordRedemption, RecordRollback } from '../commands/redemption.js';
import { RecordReferral } from '../commands/referral.js';
import { RecordValidation } from '../commands/validation.js';

/** The command of each fact type. */
export const commandOf = {
  'customer.created': RecordProfile,
  'customer.updated': RecordProfile,
  'order.created': RecordOrder,
  'order.updated': RecordOrder,
  'order.processing': RecordOrder,
  'order.paid': RecordOrder,
  'order.fulfilled': RecordOrder,
  'order.canceled': RecordOrder,
  'redemption.succeeded': RecordRedemption,
  'redemption.failed': RecordRedemption,
  'redemption.rollback.succeeded': RecordRollback,
  'redemption.rollback.failed': RecordRollback,
  'validation.succeeded': RecordValidation,
  'validation.failed': RecordValidation,
  'publication.succeeded': RecordPublication,
  'publication.failed': RecordPublication,
  'voucher.gift.balance_added': RecordGiftCredits,
  'voucher.loyalty_card.points_added': RecordLoyaltyPoints,
  'voucher.loyalty_card.points_spent': RecordLoyaltyPoints,
  'voucher.loyalty_card.points_expired': RecordLoyaltyPoints,
  'voucher.loyalty_card.points_adjusted': RecordLoyaltyPoints,
  'voucher.loyalty_card.points_transferred': RecordLoyaltyPoints,
  'voucher.loyalty_card.pending_points.added': RecordPendingPoints,
  'voucher.loyalty_card.pending_points.activated': RecordPendingPoints,
  'voucher.loyalty_card.pending_points.canceled': RecordPendingPoints,
  'voucher.enabled': RecordCardAvailability,
  'voucher.disabled': RecordCardAvailability,
  'customer.loyalty.tier.changed': RecordTier,
  'customer.referred': RecordReferral,
  'customer.consents.given': RecordConsents,
  'customer.consents.revoked': RecordConsents,
  'customer.custom_event': RecordCustomEvent,
} as const satisfies { readonly [Type in FactType]: CommandOf<Type> };

type CommandOf<Type extends FactType> = new (
  customer: CustomerRef,
  input: FactInput<Type>,
  at: string,
  context: Context,
) => Command<Outcome>;
