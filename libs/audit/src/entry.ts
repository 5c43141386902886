import { precise } from '#customer';
import { type Actor, type Envelope, type JsonObject, nineDigits } from '#event-store';
import type { Past } from './history.js';

/** An event for auditors: its data, and its metadata. */
export interface HistoryEntry extends EventReference {
  readonly object: 'history_event';
  readonly schema: number;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  /** Decrypted; without the personal fields once these are erased. */
  readonly data: JsonObject;
  readonly erased: boolean;
  /** SHA-256 of this event and, through the previous hash, of all before it. */
  readonly hash: string;
  readonly flag?: ReferralFlag;
}

/** A self-referral does not count; two customers who referred each other both count. */
export type ReferralFlag = 'self_referral' | 'referral_cycle';

/** The fact behind an event, without its sealed digest. */
type FactOrigin = NonNullable<Envelope['origin']>;

/** Identifies an event, its time and its customer. */
export interface EventReference {
  readonly id: string;
  readonly revision: number;
  readonly position: string;
  readonly type: string;
  readonly occurred_at: string;
  readonly recorded_at: string;
  readonly actor: Actor;
  readonly origin: FactOrigin | null;
}

export function referenceOf({ event, recorded, envelope }: Past): EventReference {
  return {
    id: recorded.id,
    revision: recorded.revision,
    position: String(recorded.position),
    type: event.type,
    occurred_at: precise(envelope.occurred_at),
    recorded_at: precise(envelope.recorded_at),
    actor: envelope.actor,
    origin: envelope.origin ?? null,
  };
}

export function entryOf(past: Past): HistoryEntry {
  const { schema, correlation_id, causation_id, hash } = past.envelope;
  return {
    object: 'history_event',
    ...referenceOf(past),
    schema,
    correlation_id,
    causation_id: causation_id ?? null,
    data: past.event.data as JsonObject,
    erased: past.erased,
    hash,
  };
}

/** A filter of events; both instants are recorded times and inclusive. */
export interface EntryFilter {
  readonly type?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** The `source` of the fact, or its `source` and `id` with a space between them. */
  readonly origin?: string | undefined;
  /** The channel or the name of the API key. */
  readonly actor?: string | undefined;
}

export function isWanted({ event, envelope }: Past, { type, from, to, origin, actor }: EntryFilter): boolean {
  const { recorded_at, actor: by } = envelope;
  return (
    (type === undefined || event.type === type) &&
    (from === undefined || recorded_at >= nineDigits(from)) &&
    (to === undefined || recorded_at <= nineDigits(to)) &&
    (actor === undefined || [by.channel, by.key].includes(actor)) &&
    (origin === undefined || isFrom(envelope.origin, origin))
  );
}

const isFrom = (origin: FactOrigin | undefined, wanted: string): boolean =>
  origin !== undefined && [origin.source, `${origin.source} ${origin.id}`].includes(wanted);
