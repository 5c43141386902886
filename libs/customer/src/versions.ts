import { eventTypes } from './customer.js';
import { nine } from './instant.js';
import { isFact, type Origin } from './statement.js';
import { customerIn } from './stream.js';

/** The stream of an event, and the fact that it comes from. */
interface Whence {
  readonly stream?: string;
  readonly origin?: Origin;
}

type Upcast = (data: object, from: Whence) => object;

/** Version 2 has times with nine digits of a second. */
const withNine =
  (field: string): Upcast =>
  (data) => {
    const at = (data as Readonly<Record<string, unknown>>)[field];
    return typeof at === 'string' ? { ...data, [field]: nine(at) } : data;
  };

/** In version 1 the status of a fact told that an order was created; commands did not tell. */
const withHappening: Upcast = (data, { origin }) => {
  const { status } = data as { readonly status?: string };
  return isFact(origin) && status === undefined ? { ...data, told_as: 'updated' } : data;
};

/** Version 1 also credited self-referrals. */
const withoutSelf: Upcast = (data, { stream }) => {
  const { referee_id } = data as { readonly referee_id?: string };
  return stream !== undefined && referee_id === customerIn(stream) ? { ...data, given: false } : data;
};

const both =
  (first: Upcast, second: Upcast): Upcast =>
  (data, from) =>
    second(first(data, from), from);

/** The next version only adds fields that may be absent. */
const asItIs: Upcast = (data) => data;

/**
 * The upcasts from each schema version to the next: type -> [1 to 2, 2 to 3, ...]. Events are never rewritten; a new
 * version adds a line here and a file in golden/.
 */
const upcasts: { readonly [type: string]: readonly Upcast[] } = {
  // 2 adds aliases, maps that are replaced, and a flag for facts that tell the creation
  CustomerCreated: [withNine('created_at')],
  CustomerUpdated: [withNine('created_at')],
  CustomerBackdated: [withNine('created_at')],
  // 2 adds what happened to the order
  OrderPlaced: [both(withNine('created_at'), withHappening)],
  OrderChanged: [withNine('created_at')],
  RedemptionRecorded: [withNine('date')],
  RedemptionRolledBack: [withNine('date')],
  // 2 adds the referrer's source id
  CustomerReferred: [withNine('date')],
  // 2 may add a source id that leads to the customer
  LoyaltyPointsSpent: [asItIs],
  LoyaltyPointsChanged: [asItIs],
  PendingPointsChanged: [asItIs],
  CardAvailabilityChanged: [asItIs],
  LoyaltyTierChanged: [asItIs],
  GiftCreditsChanged: [asItIs],
  ValidationRecorded: [asItIs],
  PublicationRecorded: [asItIs],
  CustomEventRecorded: [asItIs],
  // 2 adds whether the credit is given, the turn of the referee, and the name
  ReferralCredited: [withoutSelf],
  // 2 may add the wording of each consent; 3 may add a source id
  ConsentChanged: [asItIs, asItIs],
};

/** The version in which each event type is written today. */
export const versions: { readonly [type: string]: number } = Object.fromEntries(
  eventTypes.map((type) => [type, 1 + (upcasts[type]?.length ?? 0)]),
);

/** Data of any version ever written, in today's form. Throws for a type or a version that is not known. */
export function upcast(type: string, version: number, data: object, from: Whence = {}): object {
  const current = Object.hasOwn(versions, type) ? versions[type] : undefined;
  if (current === undefined || !Number.isInteger(version) || version < 1 || version > current) {
    throw new TypeError(`version ${version} of ${type} is not known`);
  }
  return (upcasts[type] ?? []).slice(version - 1).reduce((older, step) => step(older, from), data);
}
