/** The contract's SimpleCustomer: an unset property is null here, not absent. */
export interface SimpleCustomer {
  readonly id: string;
  readonly name: unknown;
  readonly email: unknown;
  readonly source_id: unknown;
  readonly metadata: unknown;
  readonly object: 'customer';
}

/** From a customer's document, as far as there is one. */
export function simpleCustomer(id: string, document: object | undefined): SimpleCustomer {
  const { name = null, email = null, source_id = null, metadata = {} } = { ...document } as Record<string, unknown>;
  return { id, name, email, source_id, metadata, object: 'customer' };
}
