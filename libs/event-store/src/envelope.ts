import { hash } from 'node:crypto';
import { decrypt, encrypt } from './aes-gcm.js';
import { canonical } from '#encoding';
import type { JsonObject, NewEvent, RecordedEvent, Revision, StreamName } from './event-store.js';
import type { KeyId } from './key-store.js';
import { type Context, metadataOf, type Origin } from './metadata.js';

/** An event of a domain, before it is recorded. */
export interface DomainEvent {
  readonly type: string;
  readonly occurred_at: string;
  readonly data: object;
  /** The fact that caused it. */
  readonly origin?: Origin;
}

/** Personal fields and the digest of the fact: base64 of iv, ciphertext and tag of their canonical JSON; the event's id is authenticated too. */
export interface Sealed {
  readonly key: KeyId;
  readonly blob: string;
}

/** The encoding of a domain's events. */
export interface Codec<E extends DomainEvent> {
  /** The sealed fields of `data`, by event type. */
  readonly personal: { readonly [type: string]: readonly string[] };
  /** The current schema version of each event type, from 1. */
  readonly versions: { readonly [type: string]: number };
  /** Upcasts data of any version to the current one; the result may depend on the event's place and origin. */
  upcast(type: string, version: number, data: JsonObject, from: Provenance): E['data'];
}

/** The place and the origin of a recorded event. */
interface Provenance {
  readonly stream: StreamName;
  readonly origin?: Origin;
}

/** The place and time of recording. */
export interface EventPlace {
  readonly stream: StreamName;
  readonly revision: Revision;
  readonly id: string;
  readonly recorded_at: string;
  readonly previous_hash: string;
}

/** The previous hash of the first event of a stream. */
export const GENESIS = '0'.repeat(64);

/** An event type or version that the codec does not have. */
export class UnknownEvent extends Error {
  constructor(type: string, version?: number) {
    super(
      version === undefined ? `event type ${type} is unknown` : `version ${version} of event type ${type} is unknown`,
    );
  }
}

/** The key is destroyed; nothing can be sealed under it. */
export class KeyDestroyed extends Error {
  constructor(readonly key_id: KeyId) {
    super(`key ${key_id} is destroyed`);
  }
}

/** True when the event has something to seal: a personal field, or the digest of its fact. */
export function isPersonal({ type, data, origin }: DomainEvent, codec: Personal): boolean {
  if (origin?.digest !== undefined) return true;
  return personalFields(type, codec).some(
    (field) => Object.hasOwn(data, field) && (data as JsonObject)[field] !== undefined,
  );
}

type Personal = Pick<Codec<DomainEvent>, 'personal'>;

const personalFields = (type: string, { personal }: Personal): readonly string[] =>
  (Object.hasOwn(personal, type) ? personal[type] : undefined) ?? [];

/** The field for the digest of a fact among the sealed fields. */
const DIGEST = 'fact_digest';
const RESERVED: ReadonlySet<string> = new Set(['sealed', DIGEST]);

/** Seals the personal fields and the digest of the fact; the other fields stay readable. Throws on a reserved field name. */
export function seal(
  event: DomainEvent,
  id: string,
  fields: readonly string[],
  key: SealingKey | undefined,
): JsonObject {
  const open: [string, unknown][] = [];
  const personal: [string, unknown][] = [];
  for (const entry of Object.entries(event.data)) {
    if (RESERVED.has(entry[0])) throw new TypeError(`${event.type} has a field named ${entry[0]}`);
    if (entry[1] !== undefined) (fields.includes(entry[0]) ? personal : open).push(entry);
  }
  const { digest } = event.origin ?? {};
  if (digest !== undefined) personal.push([DIGEST, digest]);
  if (personal.length > 0) open.push(['sealed', sealFields(Object.fromEntries(personal), id, key)]);
  return Object.fromEntries(open) as JsonObject;
}

export interface SealingKey {
  readonly id: KeyId;
  readonly secret: Buffer;
}

function sealFields(fields: object, id: string, key: SealingKey | undefined): Sealed {
  if (key === undefined) throw new TypeError('personal fields need a key');
  return { key: key.id, blob: encrypt(key.secret, id, Buffer.from(canonical(fields))).toString('base64') };
}

export interface Unsealed {
  readonly data: JsonObject;
  readonly digest?: string;
  /** True when the key is destroyed, and with it the sealed fields. */
  readonly erased: boolean;
}

/** Opens the sealed fields; a destroyed key leaves only the others. Throws on a broken seal. */
export function unseal({ id, data }: NewEvent, secret: Buffer | 'destroyed' | undefined): Unsealed {
  const { sealed, ...open } = data;
  if (sealed === undefined) return { data, erased: false };
  if (secret === 'destroyed') return { data: open, erased: true };
  if (secret === undefined) throw new Error('its key is not in the key store');
  const { blob } = sealed as unknown as Sealed;
  const opened = JSON.parse(decrypt(secret, id, Buffer.from(blob, 'base64')).toString()) as JsonObject;
  const { [DIGEST]: digest, ...personal } = opened;
  return { data: { ...open, ...personal }, ...(typeof digest === 'string' && { digest }), erased: false };
}

/** The id of the key under which an event's personal fields are sealed. */
export function keyIdOf({ data }: NewEvent): KeyId | undefined {
  const { sealed } = data;
  const key = typeof sealed === 'object' && sealed !== null && 'key' in sealed ? sealed['key'] : undefined;
  return typeof key === 'string' ? key : undefined;
}

/** The input of the hash: the event with its place in the stream, without its own hash. */
export type Chained = Omit<RecordedEvent, 'position'>;

/** SHA-256 (hex) of the previous hash, a line feed, and the event's canonical JSON without its hash. */
export function chainHash(previous: string, { stream, revision, id, type, data, metadata }: Chained): string {
  const { hash: _own, ...rest } = metadata;
  return hash('sha256', `${previous}\n${canonical({ data, id, metadata: rest, revision, stream, type })}`, 'hex');
}

/** An event ready for the append, its hash, and the size of its JSON in bytes. */
export interface Prepared {
  readonly event: NewEvent;
  readonly hash: string;
  readonly bytes: number;
}

/** Wraps a domain event in its envelope. Throws UnknownEvent, or TypeError on data that is not JSON. */
export function toRecord<E extends DomainEvent>(
  event: E,
  context: Context,
  place: EventPlace,
  codec: Codec<E>,
  key?: SealingKey,
): Prepared {
  const { type } = event;
  const schema = Object.hasOwn(codec.versions, type) ? codec.versions[type] : undefined;
  if (schema === undefined) throw new UnknownEvent(type);
  const { stream, revision, id, previous_hash } = place;
  const data = seal(event, id, personalFields(type, codec), key);
  const metadata = metadataOf(event, context, place.recorded_at, schema);
  const text = `${previous_hash}\n${canonical({ data, id, metadata, revision, stream, type })}`;
  const own = hash('sha256', text, 'hex');
  metadata['hash'] = own;
  return { event: { id, type, data, metadata }, hash: own, bytes: Buffer.byteLength(text) };
}
