import { headerText, type Headers, type PlacedRecord, type RecordBody } from './record.js';

/** The reason of a dead letter. */
export interface Fault {
  readonly error_class: string;
  /** In the contract's words; cut at 1 KB. */
  readonly message: string;
  readonly attempts: number;
  /** ISO 8601. */
  readonly first_failed_at: string;
  readonly consumer_group: string;
}

/** A refused record with its origin. */
export interface DeadLetter extends Fault {
  /** The partition in the dead letter topic. */
  readonly partition: number;
  readonly offset: string;
  readonly original: PlacedRecord;
  /** True when the value was too large for the topic; the original topic has it until its retention ends. */
  readonly is_value_omitted: boolean;
}

export type Settlement = 'retried' | 'dropped';

const MESSAGE_BYTES_MAX = 1_024;
const CLASS_BYTES_MAX = 128;

const H = {
  topic: 'x-original-topic',
  partition: 'x-original-partition',
  offset: 'x-original-offset',
  timestamp: 'x-original-timestamp',
  error_class: 'x-error-class',
  message: 'x-error-message',
  attempts: 'x-attempts',
  first_failed_at: 'x-first-failed-at',
  consumer_group: 'x-consumer-group',
  value_omitted: 'x-value-omitted',
  settles: 'x-settles',
  settled_as: 'x-settled-as',
} as const;

const OURS = new Set<string>(Object.values(H));

/** The dead letter of a record: its key, value and headers, and the reason. Headers of ours in the original are dropped. */
export function toDeadLetter(original: PlacedRecord, fault: Fault): RecordBody {
  return {
    key: original.key,
    value: original.value,
    headers: {
      ...ownHeaders(original.headers),
      [H.topic]: original.topic,
      [H.partition]: String(original.partition),
      [H.offset]: original.offset,
      [H.timestamp]: original.timestamp,
      [H.error_class]: cut(fault.error_class, CLASS_BYTES_MAX),
      [H.message]: cut(fault.message, MESSAGE_BYTES_MAX),
      [H.attempts]: String(fault.attempts),
      [H.first_failed_at]: fault.first_failed_at,
      [H.consumer_group]: fault.consumer_group,
    },
  };
}

/** The dead letter without its value, for a topic that refuses its size. */
export const withoutValue = ({ key, value, headers }: RecordBody): RecordBody => ({
  key,
  value: null,
  headers: { ...headers, [H.value_omitted]: String(value?.length ?? 0) },
});

/** Reads a dead letter back; undefined for other records. */
export function deadLetterOf(record: PlacedRecord): DeadLetter | undefined {
  const text = (name: string): string => textOrEmpty(record.headers, name);
  if (record.headers[H.settles] !== undefined || text(H.topic) === '') return undefined;
  return {
    partition: record.partition,
    offset: record.offset,
    original: {
      topic: text(H.topic),
      partition: Number(text(H.partition)),
      offset: text(H.offset),
      timestamp: text(H.timestamp),
      key: record.key,
      value: record.value,
      headers: ownHeaders(record.headers),
    },
    error_class: text(H.error_class),
    message: text(H.message),
    attempts: Number(text(H.attempts)),
    first_failed_at: text(H.first_failed_at),
    consumer_group: text(H.consumer_group),
    is_value_omitted: record.headers[H.value_omitted] !== undefined,
  };
}

/** The record that settles a dead letter; it belongs into the same partition. */
export const settlement = ({ partition, offset, original }: DeadLetter, as: Settlement): RecordBody => ({
  key: original.key,
  value: null,
  headers: { [H.settles]: `${partition}/${offset}`, [H.settled_as]: as },
});

/** The offset of the dead letter in the same partition that a record settles; undefined for other records. */
export function settledBy({ partition, headers }: PlacedRecord): string | undefined {
  const [of, offset] = textOrEmpty(headers, H.settles).split('/');
  return of === String(partition) && offset !== undefined && /^\d+$/.test(offset) ? offset : undefined;
}

const ownHeaders = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !OURS.has(name)));

const textOrEmpty = (headers: Headers, name: string): string => headerText(headers[name]) ?? '';

/** Cuts a text between characters to at most so many bytes. */
function cut(text: string, bytes_max: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytes_max) return text;
  let end = bytes_max;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
