import { isUtf8 } from 'node:buffer';

/** Header values as a broker hands them out, and as it takes them. */
export type HeaderValue = Buffer | string | (Buffer | string)[] | undefined;
export type Headers = Readonly<Record<string, HeaderValue>>;

/** A record without its place. */
export interface RecordBody {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Headers;
}

/** A record and where it stands; `offset` is decimal text, `timestamp` is in ms since 1970. */
export interface PlacedRecord extends RecordBody {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly timestamp: string;
}

/** The text of a header that is there once, else undefined; null when its bytes are no UTF-8. */
export function headerText(value: HeaderValue): string | undefined | null {
  if (typeof value === 'string' || value === undefined) return value;
  if (Array.isArray(value)) return undefined;
  return isUtf8(value) ? value.toString() : null;
}
