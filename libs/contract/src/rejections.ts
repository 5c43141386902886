import type { RejectionCode } from '#customer';
import { ContractError } from './errors.js';

interface Refusal {
  readonly code: RejectionCode;
  readonly details: Readonly<Record<string, unknown>>;
}

type Answer = (details: Refusal['details'], ref: string | undefined) => ContractError;

/** Domain rejection -> the contract's error. */
const rejections: { readonly [code in RejectionCode]: Answer } = {
  not_found: (details, ref) =>
    ContractError.resourceNotFound(
      resourceOf(details),
      ref ?? named(details, 'ref', 'customer_id', 'id', 'source_id') ?? '',
    ),
  invalid_amount: () => new ContractError('invalid_amount'),
  duplicate_found: (details) => {
    const [id, type] = [named(details, 'customer_id', 'id'), resourceOf(details)];
    return id === undefined
      ? new ContractError('duplicate_found')
      : new ContractError('duplicate_found', `Duplicated ${type} exists with id ${id}`, { id, type });
  },
  missing_customer: () => new ContractError('missing_customer'),
  invalid_customer: (details) => new ContractError('invalid_customer', belongsElsewhere(named(details, 'order'))),
  fact_conflict: () => new ContractError('fact_conflict'),
  customer_deleted: (details) => new ContractError('customer_deleted', ofFormerOwner(named(details, 'released_at'))),
  revision_mismatch: () =>
    new ContractError('precondition_failed', 'The customer has changed since the revision that If-Match names'),
};

const belongsElsewhere = (order: string | undefined): string | undefined =>
  order === undefined ? undefined : `The order ${order} belongs to another customer`;

const ofFormerOwner = (released_at: string | undefined): string | undefined =>
  released_at === undefined
    ? undefined
    : `The customer was deleted: the fact is not dated after ${released_at.replace(/0{6}Z$/, 'Z')}`;

/** The error for a domain rejection; `ref` is the client's reference to the customer, if it gave one. */
export const rejected = ({ code, details }: Refusal, ref?: string): ContractError => rejections[code](details, ref);

const resourceOf = (details: Refusal['details']): string => named(details, 'resource') ?? 'customer';

function named(details: Refusal['details'], ...names: readonly string[]): string | undefined {
  return names.map((name) => details[name]).find((value) => typeof value === 'string');
}
