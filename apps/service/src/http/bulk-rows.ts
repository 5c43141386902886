import { BulkCustomer, BulkMetadata, ContractError, parse, parsed } from '#contract';
import type { Row } from '../jobs/rows.js';

type Fits = (metadata: object | null | undefined) => void;

/** A row for each customer of a bulk update. The body is a stream, so each item is parsed by itself as it arrives. */
export async function* customerRows(items: AsyncIterable<unknown>, fits: Fits): AsyncGenerator<Row> {
  const named = new Set<string>();
  let n = 0;
  for await (const item of items) {
    const read = parse(BulkCustomer, item, 'body', `[${n}]`);
    if (read.error) throw read.error;
    const { source_id = '', id: _, ...body } = read.value;
    fits(body.metadata);
    // the order of two rows for one customer is not defined
    if (named.has(source_id)) throw duplicate(source_id);
    named.add(source_id);
    yield { n, source_id, body };
    n += 1;
  }
  if (n === 0) throw new ContractError('invalid_payload', 'Payload must not be empty');
}

/** The metadata of a bulk update, and a row for each customer. Parsed here, because the body comes as a stream. */
export function metadataRows(body: unknown): { readonly metadata: object; readonly rows: AsyncIterable<Row> } {
  const ids = sourceIdsOf(body);
  const { metadata } = parsed(BulkMetadata, body);
  return { metadata, rows: rowsNamed(ids) };
}

function sourceIdsOf(body: unknown): ReadonlySet<string> {
  const ids = (body as { readonly source_ids?: unknown } | null)?.source_ids;
  if (ids === undefined)
    throw new ContractError('invalid_payload', "Payload should have required property 'source_ids'");
  if (!Array.isArray(ids)) throw new ContractError('invalid_payload', 'Property .source_ids must be an array');
  if (ids.length === 0) throw new ContractError('not_enough_source_ids');
  for (const [n, source_id] of ids.entries()) {
    const { error } = parse(BulkCustomer, { source_id: source_id as unknown }, 'body', `.source_ids[${n}]`);
    if (error) throw error;
  }
  return new Set(ids as string[]);
}

async function* rowsNamed(ids: ReadonlySet<string>): AsyncGenerator<Row> {
  let n = 0;
  for (const source_id of ids) yield await Promise.resolve({ n: n++, source_id });
}

const duplicate = (id: string): ContractError =>
  new ContractError('duplicate_found', `Duplicated customer exists with id ${id}`, { id, type: 'customer' });
