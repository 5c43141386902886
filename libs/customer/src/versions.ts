import { eventTypes } from './customer.js';
import { nine } from './instant.js';
import { isFact, type Origin } from './statement.js';
import { customerIn } from './stream.js';

/** Where an event stands, and which fact told it. */
interface Whence {
  readonly stream?: string;
  readonly origin?: Origin;
}

type Upcast = (data: object, from: Whence) => object;

/** 2 has times with nine digits of a second. */
const withNine =
  (field: string): Upcast =>
  (data) => {
    const at = (data as Readonly<Record<string, unknown>>)[field];
    return typeof at === 'string' ? { ...data, [field]: nine(at) } : data;
  };

/** Facts of version 1 said that an order was created by its status; commands said nothing. */
const withHappening: Upcast = (data, { origin }) => {
  const { status } = data as { readonly status?: string };
  return isFact(origin) && status === undefined ? { ...data, told_as: 'updated' } : data;
};

/** Version 1 also credited those who referred themselves. */
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
 * How data of an older schema version becomes that of the next: type -> [1 to 2, 2 to 3, ...]. Events are never
 * rewritten; a new version adds a line here and a file in golden/.
 */
const upcasts: { readonly [type: string]: readonly Upcast[] } = {
  // 2 also has aliases, maps that are replaced, and whether a fact told of the creation
  CustomerCreated: [withNine('created_at')],
  CustomerUpdated: [withNine('created_at')],
  CustomerBackdated: [withNine('created_at')],
  // 2 also says what happened to the order
  OrderPlaced: [both(withNine('created_at'), withHappening)],
  OrderChanged: [withNine('created_at')],
  RedemptionRecorded: [withNine('date')],
  RedemptionRolledBack: [withNine('date')],
  // 2 also has the source id that was told
  CustomerReferred: [withNine('date')],
  // 2 may tell a source id that leads to the customer as well
  LoyaltyPointsSpent: [asItIs],
  LoyaltyPointsChanged: [asItIs],
  PendingPointsChanged: [asItIs],
  CardAvailabilityChanged: [asItIs],
  LoyaltyTierChanged: [asItIs],
  GiftCreditsChanged: [asItIs],
  ValidationRecorded: [asItIs],
  PublicationRecorded: [asItIs],
  CustomEventRecorded: [asItIs],
  // 2 says whether the credit is given, in which turn of the referee, and by which name
  ReferralCredited: [withoutSelf],
  // 2 may say which wording each consent had; 3 may tell a source id as well
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
