import { isUtf8 } from 'node:buffer';

/** Header values as kafkajs delivers and accepts them. */
export type HeaderValue = Buffer | string | (Buffer | string)[] | undefined;
export type Headers = Readonly<Record<string, HeaderValue>>;

/** A record without its place. */
export interface RecordBody {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Headers;
}

/** A record with its place; `offset` is decimal text, `timestamp` is in ms since 1970. */
export interface PlacedRecord extends RecordBody {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly timestamp: string;
}

/** The text of a single header; undefined when it is missing or repeated, null when its bytes are not UTF-8. */
export function headerText(value: HeaderValue): string | undefined | null {
  if (typeof value === 'string' || value === undefined) return value;
  if (Array.isArray(value)) return undefined;
  return isUtf8(value) ? value.toString() : null;
}
