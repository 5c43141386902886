import { CsvError, parse as parseCsv } from 'csv-parse';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ContractError, CustomerBody, limits, parse } from '#contract';
import type { Row } from './rows.js';

const RECORD_LENGTH_MAX = 1_048_576;

/** The known headers in lower case, in both spellings; every other column is metadata under its own name. */
const FIELDS = ['id', 'source_id', 'name', 'email', 'phone', 'birthdate', 'birthday', 'description'];
const ADDRESS = ['line_1', 'line_2', 'postal_code', 'city', 'state', 'country'];

type Column =
  { readonly part: 'field' | 'address'; readonly name: string } | { readonly part: 'metadata'; readonly name: string };

/** The value of a metadata cell; undefined for a cell without a value. */
type Typed = (name: string, text: string) => unknown;
/** Throws a ContractError for invalid metadata. */
type Fits = (metadata: object | null | undefined) => void;

/** The rows of a file (contract 2.5). An empty cell has no value, so the import unsets its field. */
export async function* csvRows(bytes: AsyncIterable<Buffer>, typed: Typed, fits: Fits): AsyncGenerator<Row> {
  let columns: readonly Column[] | undefined;
  const named = new Set<string>();
  let n = 0;
  for await (const cells of records(bytes)) {
    if (!columns) {
      columns = columnsOf(cells);
      continue;
    }
    const row = fitting(rowOf(n, cells, columns, typed), fits);
    const name = `${row.id === undefined ? 'source_id' : 'id'} ${row.id ?? row.source_id ?? ''}`;
    yield named.has(name) && row.reason === undefined ? { ...row, reason: TWICE, body: undefined } : row;
    named.add(name);
    n += 1;
  }
  if (!columns) throw new ContractError('invalid_payload', 'The file has no header');
}

const TWICE = 'The customer is in the file more than once';

async function* records(bytes: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  const parser = parseCsv({
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: RECORD_LENGTH_MAX,
  });
  const reading = pipeline(Readable.from(texts(bytes)), parser);
  // the parser throws the same error
  reading.catch(() => undefined);
  try {
    yield* parser as AsyncIterable<string[]>;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { lines } = error as CsvError & { readonly lines?: number };
    throw new ContractError('invalid_payload', `The file cannot be read in line ${lines ?? 1}: ${error.code}`);
  }
}

/** Decodes UTF-8 strictly, because spreadsheets also write other encodings, which would corrupt names. */
async function* texts(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    throw new ContractError('invalid_payload', 'The file is not UTF-8');
  }
}

function columnsOf(header: readonly string[]): readonly Column[] {
  if (header.length > limits.csv_columns_max)
    throw new ContractError('invalid_payload', `The file must have at most ${limits.csv_columns_max} columns`);
  const columns = header.map((text) => columnOf(text.trim()));
  const names = columns.map(({ part, name }) => `${part} ${name}`);
  const twice = columns.find((_, at) => names.indexOf(names[at] ?? '') !== at);
  if (twice) throw new ContractError('invalid_payload', `The header names ${twice.name} twice`);
  if (!names.includes('field id') && !names.includes('field source_id'))
    throw new ContractError('invalid_payload', 'The header should have a column Source_id or Id');
  const keys = columns.flatMap(({ part, name }) => (part === 'metadata' ? [[name, ''] as const] : []));
  const { error } = parse(CustomerBody, { metadata: Object.fromEntries(keys) }, 'body', 'header');
  if (error) throw error;
  return columns;
}

function columnOf(text: string): Column {
  const name = text.toLowerCase();
  if (FIELDS.includes(name)) return { part: 'field', name };
  const short = name.replace(/^address_/, '');
  return ADDRESS.includes(short) ? { part: 'address', name: short } : { part: 'metadata', name: text };
}

function rowOf(n: number, cells: readonly string[], columns: readonly Column[], typed: Typed): Row {
  const given = givenIn(cells, columns, typed);
  const read = parse(CustomerBody, given);
  if (read.error) return { n, ...whom(given), reason: read.error.details };
  const { id, source_id, ...body } = read.value;
  const row = { n, id, source_id };
  if (cells.length > columns.length) return { ...row, reason: 'There are more cells than in the header' };
  if (id === undefined && source_id === undefined) return { ...row, reason: 'There is neither Source_id nor Id' };
  return { ...row, body };
}

function fitting(row: Row, fits: Fits): Row {
  try {
    fits((row.body as CustomerBody | undefined)?.metadata);
    return row;
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return { ...row, body: undefined, reason: error.details };
  }
}

/** A row in the form of a request body, without parts that have no value. */
function givenIn(cells: readonly string[], columns: readonly Column[], typed: Typed): object {
  const said: Record<Column['part'], [string, unknown][]> = { field: [], address: [], metadata: [] };
  for (const [at, { part, name }] of columns.entries()) {
    const text = cells[at] ?? '';
    if (text !== '') said[part].push([name, part === 'metadata' ? typed(name, text) : text]);
  }
  return {
    ...Object.fromEntries(said.field),
    ...(said.address.length > 0 && { address: Object.fromEntries(said.address) }),
    ...(said.metadata.length > 0 && { metadata: Object.fromEntries(said.metadata) }),
  };
}

function whom(given: object): Pick<Row, 'source_id'> {
  const { source_id } = given as { readonly source_id?: unknown };
  return typeof source_id === 'string' ? { source_id } : {};
}
