import { precise } from '#customer';
import type { CustomerActivity, CustomerSnapshot } from './feed.js';

/** CloudEvents attributes of published messages; extension names are lower case, positions decimal text. */
export interface Attributes {
  readonly specversion: '1.0';
  readonly id: string;
  readonly type: string;
  readonly source: string;
  /** The customer's id. */
  readonly subject: string;
  readonly time: string;
  readonly streamrevision: string;
  readonly globalposition: string;
  readonly correlationid: string;
  readonly causationid?: string;
}

const SOURCE = '/customer-ledger';

/** The attributes of an event, or of a snapshot by its last event. */
export function attributesOf(one: CustomerActivity | CustomerSnapshot): Attributes {
  const { customer_id, occurred_at, revision, position, correlation_id, causation_id } = one;
  const { id, type } = 'document' in one ? snapshotName(one) : one;
  return {
    specversion: '1.0',
    id,
    type,
    source: SOURCE,
    subject: customer_id,
    time: precise(occurred_at),
    streamrevision: String(revision),
    globalposition: String(position),
    correlationid: correlation_id,
    ...(causation_id !== undefined && { causationid: causation_id }),
  };
}

/** The content of a message: the data of an event, or the document of a customer; null for a deleted one. */
export const contentOf = (one: CustomerActivity | CustomerSnapshot): object | null =>
  'document' in one ? one.document : one.data;

const snapshotName = ({ customer_id, revision, document }: CustomerSnapshot): { id: string; type: string } => ({
  id: `${customer_id}/${revision}`,
  type: document === null ? 'customer.tombstone' : 'customer.snapshot',
});
