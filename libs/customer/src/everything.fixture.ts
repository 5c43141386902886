import { canonical } from '#encoding';
import type { CustomerState } from './customer.js';
import { toDocument } from './document.js';
import { holdings } from './holding.js';
import { orderDocument } from './order-document.js';
import { redemptionDocument } from './redemption-document.js';

/** Everything that is shown of a customer, as one text: the document byte for byte. */
export function everything(state: CustomerState): string {
  const { status, head, entities } = state;
  const redemptions = [...entities.ofKind('redemption')];
  const orders = new Map(
    [...entities.ofKind('order')].map(([id, order]) => [id, orderDocument('cust_x', id, order, redemptions)]),
  );
  const shown = {
    orders: Object.fromEntries(orders),
    redemptions: Object.fromEntries(
      redemptions.flatMap(([id, entity]) => {
        const order = orders.get(entity.redemption?.values.order?.id ?? '');
        const document = redemptionDocument({ id: 'cust_x' }, id, entity, order);
        return document ? [[id, document]] : [];
      }),
    ),
    holdings: holdings({ gift_cards: entities.ofKind('gift_card'), loyalty_cards: entities.ofKind('loyalty_card') }),
    published: head.publications,
    validations: head.validations,
    custom_events: head.events,
  };
  return `${status} ${JSON.stringify(toDocument('cust_x', state))} ${canonical(shown)}`;
}
