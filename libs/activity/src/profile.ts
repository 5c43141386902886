import { shown } from '#customer';
import type { Change, DataOf, Described, Statement } from './activity.js';

/** Fields of a profile event that are not about the person. */
const INTERNAL = new Set(['created', 'implicit', 'alias', 'replaced', 'named']);

/** The customer as a statement describes it: only the id, unless the statement is about the person. */
export function customerIn(customer_id: string, { type, data }: Statement): object {
  const isAbout = (type === 'CustomerCreated' || type === 'CustomerUpdated') && data.implicit !== true;
  const { created_at, ...fields }: DataOf<'CustomerUpdated'> = isAbout ? data : {};
  return {
    id: customer_id,
    ...Object.fromEntries(Object.entries(fields).filter(([field]) => !INTERNAL.has(field))),
    ...(created_at !== undefined && { created_at: shown(created_at) }),
    object: 'customer',
  };
}

export function describeProfile({
  customer_id,
  data,
  occurred_at,
}: Change<'CustomerCreated' | 'CustomerUpdated'>): Described[] {
  if (data.implicit === true) return [];
  const customer = customerIn(customer_id, { type: 'CustomerUpdated', data, occurred_at });
  return [{ type: 'customer.updated', payload: { customer } }];
}
