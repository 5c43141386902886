import type { Command } from '@nestjs/cqrs';
import type { Fact, FactInput, FactType } from '#contract';
import { RecordConsents } from '../commands/consent.js';
import { RecordCustomEvent } from '../commands/custom-event.js';
import type { CommandContext, CustomerRef, CommandOutcome } from '../commands/proposal.js';
import { RecordGiftCredits } from '../commands/gift.js';
import { RecordCardAvailability, RecordLoyaltyPoints, RecordPendingPoints, RecordTier } from '../commands/loyalty.js';
import { RecordOrder } from '../commands/order.js';
import { RecordProfile } from '../commands/profile.js';
import { RecordPublication } from '../commands/publication.js';
import { RecordRedemption, RecordRollback } from '../commands/redemption.js';
import { RecordReferral } from '../commands/referral.js';
import { RecordValidation } from '../commands/validation.js';

/** The command that a fact becomes. */
export const commandOf = (fact: Fact, context: CommandContext): Command<CommandOutcome> =>
  make(fact, customerOf(fact), context);

/** A type parameter for the type of the fact, so that the compiler knows that its data are what its command takes. */
function make<Type extends FactType>(
  { type, data, occurred_at }: Fact<Type>,
  customer: CustomerRef,
  context: CommandContext,
): Command<CommandOutcome> {
  const FactCommand: CommandOf<Type> = commands[type];
  return new FactCommand(customer, data, occurred_at, context);
}

const commands: { readonly [Type in FactType]: CommandOf<Type> } = {
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
};

type CommandOf<Type extends FactType> = new (
  customer: CustomerRef,
  input: FactInput<Type>,
  at: string,
  context: CommandContext,
) => Command<CommandOutcome>;

/** Facts about a profile are the customer; all others name theirs. An id wins over a source id. */
function customerOf(fact: Fact): CustomerRef {
  const { id, source_id = '' } = 'customer' in fact.data ? fact.data.customer : fact.data;
  return id === undefined ? { source_id } : { id };
}
