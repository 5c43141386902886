import { type Codec, type DomainEvent, keyIdOf, UnknownEvent, unseal } from './envelope.js';
import type { RecordedEvent } from './event-store.js';
import type { KeyId, KeyState } from './key-store.js';
import type { Keyring } from './keyring.js';
import { type Envelope, envelopeOf } from './metadata.js';

/** A recorded event as the domain knows it. */
export interface Decoded<E extends DomainEvent> {
  readonly event: E;
  readonly recorded: RecordedEvent;
  readonly envelope: Envelope;
  /** True when the key is destroyed, and with it the personal fields. */
  readonly erased: boolean;
}

/** An event that cannot be decoded; the reason is its cause. */
export class UnreadableEvent extends Error {
  readonly revision: number;

  constructor({ stream, revision, type }: RecordedEvent, cause: unknown) {
    super(
      `event ${revision} (${type}) of stream ${stream} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
    this.revision = revision;
  }
}

/** Decodes recorded events into the domain's, in their current version. */
export class Decoder<E extends DomainEvent> {
  constructor(
    private readonly codec: Codec<E>,
    private readonly keys: Pick<Keyring, 'load'>,
  ) {}

  /** Throws UnreadableEvent at the first bad event, and the errors of the key store. */
  async decode(events: readonly RecordedEvent[]): Promise<Decoded<E>[]> {
    const keys = await this.keys.load(keyIdsOf(events));
    return events.map((recorded) => this.decodeOne(recorded, keys));
  }

  private decodeOne(recorded: RecordedEvent, keys: ReadonlyMap<KeyId, KeyState>): Decoded<E> {
    try {
      const envelope = envelopeOf(recorded);
      this.assertKnown(recorded.type, envelope.schema);
      const key = keyIdOf(recorded);
      const { data, digest, erased } = unseal(recorded, key === undefined ? undefined : keys.get(key));
      const { stream } = recorded;
      const { origin } = envelope;
      const event = {
        type: recorded.type,
        occurred_at: envelope.occurred_at,
        data: this.codec.upcast(recorded.type, envelope.schema, data, { stream, ...(origin && { origin }) }),
        ...(origin && { origin: { ...origin, ...(digest !== undefined && { digest }) } }),
      };
      return { event: event as unknown as E, recorded, envelope, erased };
    } catch (error) {
      throw new UnreadableEvent(recorded, error);
    }
  }

  private assertKnown(type: string, schema: number): void {
    const newest = Object.hasOwn(this.codec.versions, type) ? this.codec.versions[type] : undefined;
    if (newest === undefined) throw new UnknownEvent(type);
    if (!Number.isInteger(schema) || schema < 1 || schema > newest) throw new UnknownEvent(type, schema);
  }
}

function keyIdsOf(events: readonly RecordedEvent[]): Set<KeyId> {
  const ids = new Set<KeyId>();
  for (const event of events) {
    const id = keyIdOf(event);
    if (id !== undefined) ids.add(id);
  }
  return ids;
}
