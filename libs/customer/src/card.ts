import type { Entities } from './entities.js';
import { type EventOf, type Instant, nothing, type Stepped, type Subject } from './fold.js';
import { type CampaignReference, type CardReference, changeCard, type Loyalty, noLoyalty } from './loyalty.js';
import { merge, own } from './merge.js';
import type { Reference } from './profile.js';

interface AvailabilitySaid {
  readonly available: boolean;
  readonly voucher: CardReference;
  readonly campaign?: CampaignReference;
}

/** `voucher.enabled` and `voucher.disabled`. */
export interface CardAvailabilityFact extends AvailabilitySaid {
  readonly customer: Reference;
}

export type CardEvent = EventOf<'CardAvailabilityChanged', AvailabilitySaid>;

export const cards: Subject<Loyalty, CardEvent> = {
  initial: noLoyalty,
  on: { CardAvailabilityChanged: { personal: [], touches: nothing, step: switched } },
};

function switched(
  slice: Loyalty,
  { data: { voucher, available }, occurred_at }: CardEvent,
  entities: Entities,
): Stepped<Loyalty> {
  const known = own(slice.cards, voucher.id);
  const said = merge(known?.said, { available }, occurred_at);
  return [said === known?.said ? slice : changeCard(slice, voucher.id, (card) => ({ ...card, said })), entities];
}

export const cardAvailabilityEvent = (
  _: Entities,
  { customer: __, ...data }: CardAvailabilityFact,
  at: Instant,
): CardEvent => ({
  type: 'CardAvailabilityChanged',
  occurred_at: at,
  data,
});
