import { type OrderHappening, shown } from '#customer';
import { type Change, type Described, type Statement, withoutName } from './activity.js';

export type OrderStatement = Extract<Statement, { readonly type: 'OrderPlaced' | 'OrderChanged' }>;

/** The happening that a statement tells of an order; version 0.1.0 recorded only the status. */
export function happeningOf({ type, data: { status, told_as } }: OrderStatement): OrderHappening {
  if (told_as !== undefined) return told_as;
  if (status !== undefined) return status.toLowerCase() as OrderHappening;
  return type === 'OrderPlaced' ? 'created' : 'updated';
}

/** The order as a statement describes it. */
export function orderIn({ data }: OrderStatement): object {
  const { id, told_as: _, created_at, ...fields } = withoutName(data);
  return { id, ...fields, ...(created_at !== undefined && { created_at: shown(created_at) }), object: 'order' };
}

/** A statement that the order was created is an update here: the creation has an activity of its own. */
export function describeOrder(type: 'OrderPlaced' | 'OrderChanged') {
  return ({ data, occurred_at }: Change<'OrderPlaced' | 'OrderChanged'>): Described[] => {
    const statement: OrderStatement = { type, data, occurred_at };
    const happening = happeningOf(statement);
    return [
      {
        type: `customer.order.${happening === 'created' ? 'updated' : happening}`,
        payload: { order: orderIn(statement) },
      },
    ];
  };
}
