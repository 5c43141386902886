import type { Entities } from './entities.js';
import type { EventOf, JsonObject, Stepped, Subject } from './fold.js';
import { type Instant, later } from './instant.js';
import type { CampaignReference, CardReference } from './loyalty.js';
import type { Reference } from './profile.js';
import { merge, type Registers } from './register.js';
import { stampOf } from './statement.js';
import { compareTexts } from './text.js';

/** A campaign, or a voucher of none, was published to a customer, or could not be. */
interface PublicationSaid {
  readonly id: string;
  readonly result: 'SUCCESS' | 'FAILURE';
  readonly campaign?: CampaignReference;
  readonly voucher?: CardReference;
  readonly channel?: string;
  readonly failure_code?: string;
  readonly failure_message?: string;
  readonly metadata?: JsonObject;
}

/** `publication.succeeded` and `publication.failed`. */
export interface PublicationFact extends PublicationSaid {
  readonly customer: Reference;
}

export type PublicationEvent = EventOf<'PublicationRecorded', PublicationSaid>;

/** Kept so that a failure is recorded once as well. */
export type PublicationEntity = Registers<Pick<PublicationSaid, 'result'>>;

declare module './entities.js' {
  interface EntityOf {
    readonly publication: PublicationEntity;
  }
}

/**
 * The publications to a customer, named as in filters (contract 3.2). It only grows: later statements do not undo a
 * publication.
 */
export interface Publications {
  /** The latest time of a success. */
  readonly created_at?: Instant;
  /** The campaigns, and the vouchers that came without one, in the order of their ids. */
  readonly related_object_id: readonly string[];
}

export const publications: Subject<
  'publications',
  Publications,
  PublicationEvent,
  'publication',
  { readonly publication: PublicationFact }
> = {
  slice: 'publications',
  entities: { publication: true },
  facts: { publication: publicationDraft },
  initial: { related_object_id: [] },
  on: {
    PublicationRecorded: {
      personal: ['failure_message', 'metadata'],
      touches: ({ id }) => [{ kind: 'publication', id }],
      step: apply,
    },
  },
};

function apply(slice: Publications, event: PublicationEvent, entities: Entities): Stepped<Publications> {
  const { id, result, campaign, voucher } = event.data;
  const before = entities.get('publication', id);
  const after = merge(before, { result }, stampOf(event));
  const noticed = after === before ? entities : entities.set('publication', id, after);
  return [result === 'SUCCESS' ? grown(slice, event.occurred_at, campaign?.id ?? voucher?.id) : slice, noticed];
}

function grown(slice: Publications, at: Instant, id: string | undefined): Publications {
  const created_at = later(slice.created_at, at);
  const related_object_id = withId(slice.related_object_id, id);
  const isKnown = created_at === slice.created_at && related_object_id === slice.related_object_id;
  return isKnown ? slice : { created_at, related_object_id };
}

function withId(ids: readonly string[], id: string | undefined): readonly string[] {
  if (id === undefined) return ids;
  let [from, to] = [0, ids.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (compareTexts(ids[middle] ?? '', id) < 0) from = middle + 1;
    else to = middle;
  }
  return ids[from] === id ? ids : ids.toSpliced(from, 0, id);
}

function publicationDraft(_: Entities, { customer: __, ...data }: PublicationFact) {
  return {
    type: 'PublicationRecorded' as const,
    data,
  };
}
