import type { JsonObject } from '#event-store';
import { type BundledEvent, type BundleHeader, FORMAT, VERSION } from './bundle.js';
import { JSON_BEGIN, JSON_END, pageMark } from './timeline.js';

/** A parsed file: it has the form of a bundle, and its contents are not verified yet. */
export interface BundleFile {
  readonly header: BundleHeader;
  readonly events: readonly BundledEvent[];
  /** Undefined for a file without a page. */
  readonly page: { readonly version: number; readonly bytes: Buffer } | undefined;
}

/** The bytes are not a bundle that this program knows. */
export class NotABundle extends Error {}

const MARK = new RegExp(pageMark(0).replace('"0"', '"(\\d{1,6})"'));
const MARK_BYTES_MAX = 2_000;

/** Parses the page or the machine-readable part alone. Throws NotABundle. */
export function readBundle(bytes: Buffer): BundleFile {
  const isPage = /^\s*</.test(bytes.toString('utf8', 0, 100));
  const machine = shaped(parsed(isPage ? inside(bytes) : bytes));
  const { events, ...header } = machine;
  // verification regenerates a page and compares it byte by byte
  if (!isPage && !isSaidOnce(bytes, machine))
    throw new NotABundle('it has a duplicate name, or a value in another notation');
  if (!isPage) return { header, events, page: undefined };
  const version = Number(MARK.exec(bytes.toString('utf8', 0, MARK_BYTES_MAX))?.[1] ?? 0);
  return { header, events, page: { version, bytes } };
}

function inside(page: Buffer): Buffer {
  const begin = page.indexOf(JSON_BEGIN);
  const end = page.indexOf(JSON_END, begin);
  if (begin < 0 || end < 0) throw new NotABundle('there is no bundle in this page');
  return page.subarray(begin + JSON_BEGIN.length, end);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    throw new NotABundle(`it is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** True when every JSON parser reads the same: apart from blanks, the text equals its own re-serialization. */
const isSaidOnce = (bytes: Buffer, value: object): boolean =>
  bytes.toString().replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1') === JSON.stringify(value);

type Machine = BundleHeader & { readonly events: readonly BundledEvent[] };

/** Checks the form, so that later steps can rely on it. */
function shaped(value: unknown): Machine {
  if (!isObject(value) || value['format'] !== FORMAT) throw new NotABundle('it is not a bundle of a customer');
  if (value['version'] !== VERSION)
    throw new NotABundle(
      `it has version ${JSON.stringify(value['version'])}, but this program verifies version ${VERSION}: use the program that made it`,
    );
  const wrong = wrongIn(value, HEADER);
  if (wrong !== undefined) throw new NotABundle(`its ${wrong} is not valid`);
  for (const [index, event] of (value['events'] as unknown[]).entries()) {
    const bad = wrongIn(event, EVENT);
    if (bad !== undefined) throw new NotABundle(`the ${bad} of event number ${index} is not valid`);
  }
  return value as unknown as Machine;
}

/** The first field that is invalid, missing or superfluous. */
function wrongIn(value: unknown, shape: Shape): string | undefined {
  if (!isObject(value)) return 'form';
  const fields = new Set([...Object.keys(shape), ...Object.keys(value)]);
  return [...fields].find((field) => !(Object.hasOwn(shape, field) && shape[field]?.(value[field])));
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const matches =
  (form: RegExp) =>
  (value: unknown): boolean =>
    typeof value === 'string' && form.test(value);
const isKey = matches(/^[A-Za-z0-9+/]{43}=$/);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

const HEAD: Shape = { revision: isCount, hash: isText };

const HEADER: Shape = {
  format: isText,
  version: isCount,
  made_at: matches(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  store: isText,
  customer_id: isText,
  status: isText,
  head: (head) => wrongIn(head, HEAD) === undefined,
  document: (document) => document === null || isObject(document),
  keys: (keys) => keys === undefined || (isObject(keys) && Object.values(keys).every(isKey)),
  events: Array.isArray,
};

const EVENT: Shape = {
  stream: isText,
  revision: isCount,
  position: matches(/^(0|[1-9]\d{0,19})$/),
  id: isText,
  type: isText,
  data: isObject,
  metadata: isObject,
  opened: isObject,
  erased: (erased) => erased === undefined || erased === true,
};
