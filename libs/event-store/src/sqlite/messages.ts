import type { ExpectedRevision, Revision } from '../event-store.js';
import type { Synchronous } from './schema.js';

/** An event on its way to the writer: id, type, data and metadata as JSON text. */
export type EventText = readonly [id: string, type: string, data: string, metadata: string];

export interface WriteRequest {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  /** Append these, or else delete the stream with this kind. */
  readonly write: readonly EventText[] | 'soft' | 'hard';
}

export type WriteAnswer =
  | { readonly kind: 'done'; readonly revision: Revision; readonly position: number }
  | { readonly kind: 'wrong-revision'; readonly actual: Revision }
  | { readonly kind: 'stream-deleted' }
  | { readonly kind: 'failed'; readonly message: string };

export type ToWriter = readonly WriteRequest[] | 'close';
/** One answer for each request, in the order of the requests. */
export type FromWriter = readonly WriteAnswer[];

export interface WriterOptions {
  readonly file: string;
  readonly synchronous: Synchronous;
}

/** Change notifications between threads use a channel named after the file. */
export const channelOf = (file: string): string => `event-store:${file}`;
