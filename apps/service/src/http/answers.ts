import type { FastifyRequest } from 'fastify';
import { type OrderDocument, orderDocument, Rejection, shown, toDocument } from '#customer';
import type { Ending } from '#audit';
import { ContractError, rejected } from '#contract';
import { simpleCustomer } from '#activity';
import type { Accepted, CommandOutcome } from '../commands/proposal.js';
import { header } from './request.js';

/** The accepted outcome. Throws the contract's error for a refusal. */
export function accepted(outcome: CommandOutcome, ref?: string): Accepted {
  if (outcome instanceof Rejection) throw rejected(outcome, ref);
  return outcome;
}

/** Contract 2.3; the misspelling is part of it. */
export function deletionObject({ customer_id }: Accepted, { at, events, orders }: Ending): object {
  return {
    id: `del_${customer_id.replace(/^cust_/, '')}`,
    created_at: shown(at),
    related_object_id: customer_id,
    related_object: 'customer',
    status: 'DONE',
    data_json: { events, customer_events: events, daily_events: 0, segments: 0, orders, customer: 1 },
    object: 'pernament_deletion',
  };
}

export const customerText = ({ customer_id, state }: Accepted): string =>
  JSON.stringify(toDocument(customer_id, state));

/** The customer as other objects show it. */
export const customerInShort = ({ customer_id, state }: Accepted): object =>
  simpleCustomer(customer_id, toDocument(customer_id, state));

/** The order that a command was about. */
export function orderOf({ customer_id, state, entity_id = '' }: Accepted): OrderDocument {
  const order = state.entities.get('order', entity_id);
  if (!order) throw new Error('an order was accepted and is not there');
  return orderDocument(customer_id, entity_id, order, state.entities.ofKind('redemption'));
}

export const etag = (revision: number): string => `"${revision}"`;

/** True when the caller's copy (`If-None-Match`) is current. */
export const isUnchanged = (request: FastifyRequest, revision: number): boolean =>
  header(request, 'if-none-match') === etag(revision);

/** The revision of `If-Match`; undefined without the header. */
export function ifMatch(request: FastifyRequest): number | undefined {
  const text = header(request, 'if-match');
  if (text === undefined || text === '*') return undefined;
  const revision = /^"(\d{1,15})"$/.exec(text)?.[1];
  if (revision === undefined)
    throw new ContractError('precondition_failed', 'If-Match must be an ETag of this customer, such as "3"');
  return Number(revision);
}

/** The position of `X-Ledger-Min-Position`; undefined without the header. */
export function minPosition(request: FastifyRequest): bigint | undefined {
  const text = header(request, 'x-ledger-min-position');
  if (text === undefined) return undefined;
  if (!/^\d{1,19}$/.test(text))
    throw new ContractError(
      'invalid_query_params',
      'X-Ledger-Min-Position must be a position that a write answered with',
    );
  return BigInt(text);
}
