import { setImmediate } from 'node:timers/promises';
import {
  blank,
  customer,
  type CustomerDocument,
  type CustomerEvent,
  type CustomerState,
  type Instant,
  personal,
  upcast,
  versions,
} from '#customer';
import {
  type ChainHead,
  type Codec,
  Decoder,
  envelopeOf,
  type EventStore,
  GENESIS,
  type JsonObject,
  type KeyId,
  keyIdOf,
  type Keyring,
  type KeyState,
  type RecordedEvent,
} from '#event-store';
import { documentOf, History, type Past } from './history.js';

export const FORMAT = 'customer-ledger/bundle';
/** Raise it when the same history decodes to other events or to another document. */
export const VERSION = 2;

/** The part of a bundle before its events. */
export interface BundleHeader {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
  readonly made_at: Instant;
  /** Identity of the event store. */
  readonly store: string;
  readonly customer_id: string;
  readonly status: CustomerState['status'];
  /** The end of the chain at the last event in the bundle. */
  readonly head: ChainHead;
  /** The contract's object after the last event; null for a customer who is gone or unknown. */
  readonly document: CustomerDocument | null;
  /** Key id -> the customer's data key in base64: it opens everything that is or will be sealed under it. */
  readonly keys?: { readonly [id: KeyId]: string };
}

/** An event as stored, and its decoded form. */
export interface BundledEvent extends Omit<RecordedEvent, 'position'> {
  readonly position: string;
  readonly opened: JsonObject;
  /** The personal fields are erased: `opened` lacks them. */
  readonly erased?: true;
}

/** Everything about one customer. The events can be iterated more than once. */
export interface Bundle {
  readonly header: BundleHeader;
  events(): AsyncIterable<BundledEvent>;
}

export interface BundleAsked {
  readonly customer_id: string;
  readonly made_at: Instant;
  readonly with_key: boolean;
}

export interface BundleSource {
  readonly store: Pick<EventStore, 'read' | 'identity'>;
  readonly keys: Pick<Keyring, 'load'>;
}

/** The customer was erased while the bundle was written; a new bundle leaves out the personal data. */
export class ErasedMeanwhile extends Error {}

export const bundleCodec: Codec<CustomerEvent> = { personal, versions, upcast };

/** Events between two turns of the event loop. */
const TURN_EVENTS = 200;

/**
 * Reads a customer's history up to now and opens a bundle of it, in bounded memory. Undefined without events.
 * Throws UnreadableEvent. Iterating its events throws ErasedMeanwhile when the key is destroyed meanwhile.
 */
export async function openBundle(source: BundleSource, asked: BundleAsked): Promise<Bundle | undefined> {
  const { customer_id, made_at, with_key } = asked;
  const survey = await surveyed(new History(source.store, new Decoder(bundleCodec, source.keys)), customer_id);
  const { state, head, key_ids, hasErased } = survey;
  if (head.revision < 0) return undefined;
  const isErased = state.status === 'erased';
  const keys = with_key && !isErased ? await texts(source.keys, key_ids) : undefined;
  const header: BundleHeader = {
    format: FORMAT,
    version: VERSION,
    made_at,
    store: await source.store.identity(),
    customer_id,
    status: state.status,
    head,
    document: documentOf(customer_id, state) ?? null,
    ...(keys && { keys }),
  };
  // personal data must not leave between the erasure event and the destruction of the key, either
  const history = new History(source.store, new Decoder(bundleCodec, isErased ? withoutKeys : source.keys));
  return { header, events: () => bundled(history, header, isErased || hasErased) };
}

/** Treats every key as destroyed. */
export const withoutKeys: Pick<Keyring, 'load'> = {
  load: async (ids) => new Map(Array.from(ids, (id): [KeyId, KeyState] => [id, 'destroyed'])),
};

interface Survey {
  readonly state: CustomerState;
  readonly head: ChainHead;
  readonly key_ids: ReadonlySet<KeyId>;
  readonly hasErased: boolean;
}

async function surveyed(history: History, customerId: string): Promise<Survey> {
  let state = blank;
  let head: ChainHead = { revision: -1, hash: GENESIS };
  let hasErased = false;
  const key_ids = new Set<KeyId>();
  for await (const { event, recorded, envelope, erased } of inTurns(history.events(customerId))) {
    state = customer.evolve(state, event);
    head = { revision: recorded.revision, hash: envelope.hash };
    hasErased ||= erased;
    const key_id = keyIdOf(recorded);
    if (key_id !== undefined) key_ids.add(key_id);
  }
  return { state, head, key_ids, hasErased };
}

async function* bundled(history: History, header: BundleHeader, mayBeErased: boolean): AsyncGenerator<BundledEvent> {
  const { customer_id, head } = header;
  for await (const past of inTurns(history.events(customer_id, { limit: head.revision + 1 }))) {
    if (past.erased && !mayBeErased) throw new ErasedMeanwhile(`${customer_id} is being erased`);
    yield bundledEvent(past);
  }
}

function bundledEvent({ event, recorded, erased }: Past): BundledEvent {
  const { stream, revision, position, id, type, data, metadata } = recorded;
  const opened = event.data as JsonObject;
  return { stream, revision, position: String(position), id, type, data, metadata, opened, ...(erased && { erased }) };
}

/** A bundled event as the domain knows it; bundles lack the digest of its fact. */
export function openedEvent({ type, opened, metadata }: BundledEvent): CustomerEvent {
  const { occurred_at, origin } = envelopeOf({ metadata });
  return { type, occurred_at, data: opened, ...(origin && { origin }) } as unknown as CustomerEvent;
}

async function* inTurns<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  let count = 0;
  for await (const item of items) {
    yield item;
    if (++count % TURN_EVENTS === 0) await setImmediate();
  }
}

async function texts(keys: BundleSource['keys'], ids: ReadonlySet<KeyId>): Promise<BundleHeader['keys']> {
  const found = [...(await keys.load(ids))];
  return Object.fromEntries(
    found.flatMap(([id, key]) => (key === 'destroyed' ? [] : [[id, key.toString('base64')] as const])),
  );
}

/** The machine-readable part: one JSON object, one event a line. */
export async function* bundleJson(bundle: Bundle): AsyncGenerator<string> {
  yield `${JSON.stringify(bundle.header).slice(0, -1)},"events":[`;
  let separator = '\n';
  for await (const event of bundle.events()) {
    yield separator + JSON.stringify(event);
    separator = ',\n';
  }
  yield '\n]}\n';
}
