import type { CardMove } from './card-move.js';
import type { Entities } from './entities.js';
import type { EventOf, Stepped, Subject } from './fold.js';
import { type CampaignReference, type CardReference, type Loyalty, noLoyalty } from './loyalty.js';
import type { Reference } from './profile.js';
import { stampOf } from './statement.js';

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

export const cards: Subject<
  'loyalty',
  Loyalty,
  CardEvent,
  never,
  { readonly card_availability: CardAvailabilityFact }
> = {
  slice: 'loyalty',
  entities: {},
  facts: { card_availability: cardAvailabilityDraft },
  initial: noLoyalty,
  on: {
    CardAvailabilityChanged: {
      personal: [],
      touches: ({ voucher: { id } }) => [{ kind: 'loyalty_card', id }],
      step: switched,
    },
  },
};

function switched(slice: Loyalty, event: CardEvent, entities: Entities): Stepped<Loyalty> {
  const { voucher, available: value } = event.data;
  const move: CardMove = {
    kind: 'loyalty_card',
    card: voucher.id,
    available: { value, stamp: stampOf(event) },
    is_told: true,
  };
  return [slice, entities, [move]];
}

function cardAvailabilityDraft(_: Entities, { customer: __, ...data }: CardAvailabilityFact) {
  return {
    type: 'CardAvailabilityChanged' as const,
    data,
  };
}
