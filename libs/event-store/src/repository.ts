import { hash, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { inPortions } from '#flow';
import {
  type Asked,
  DecisionBatch,
  type Committed,
  type Decided,
  type Decision,
  type Loaded,
  type Model,
  type Waiting,
  type Writing,
} from './batch.js';
import { Decoder } from './decoder.js';
import { type Codec, type DomainEvent, GENESIS, keyIdOf } from './envelope.js';
import {
  type EventStore,
  type ReadOptions,
  type RecordedEvent,
  StoreOverloaded,
  type StreamName,
  WrongRevision,
} from './event-store.js';
import type { KeyId } from './key-store.js';

export interface RepositoryOptions<S> {
  /** The present, as an ISO instant in UTC. */
  readonly now: () => string;
  /** The weight of a state in the cache. */
  readonly weigh: (state: S) => number;
  /** The total weight of cached states; a heavier one is read again every time. */
  readonly cache_weight_max: number;
  /** The attempts of one decision against other writers of its stream; 8 by default. */
  readonly attempts_max?: number;
  /** The decisions that may wait for one stream; 20,000 by default. */
  readonly waiting_max?: number;
  /** The bounds of one append: 500 decisions, 900,000 bytes of events (EventStoreDB takes 1 MiB). */
  readonly decisions_max?: number;
  readonly bytes_max?: number;
  readonly ids?: () => string;
  /** This process alone appends to these streams: an answer without events then needs no read of the store. */
  readonly isSoleWriter?: boolean;
  /** Nothing is folded: loading reads only the last event of a stream. */
  readonly isLog?: boolean;
  /** Each decision names the key of its own events, or takes a new one, because they are about different people. */
  readonly isKeyedByDecision?: boolean;
}

/** Other writers won every race; nothing was recorded. */
export class TooManyConflicts extends Error {
  constructor(
    readonly stream: StreamName,
    readonly attempts: number,
  ) {
    super(`stream ${stream} was changed by others ${attempts} times in a row`);
  }
}

const READ_SIZE = 500;
const DEFAULTS = {
  attempts_max: 8,
  waiting_max: 20_000,
  decisions_max: 500,
  bytes_max: 900_000,
  isSoleWriter: false,
  isLog: false,
  isKeyedByDecision: false,
};

interface Mailbox<S, E> {
  readonly waiting: Waiting<S, E>[];
  at: Loaded<S> | undefined;
  isForgotten: boolean;
}

/**
 * Loads, decides, appends. Decisions on one stream wait in a mailbox: a batch takes them in turn on the evolving state and
 * appends their events together. Each is answered when that append is durable, also without events.
 */
export class Repository<S, E extends DomainEvent> {
  private readonly options: Required<RepositoryOptions<S>>;
  private readonly writing: Writing<E>;
  private readonly decoder: Decoder<E>;
  private readonly cache: LRUCache<StreamName, Loaded<S>>;
  private readonly mailboxes = new Map<StreamName, Mailbox<S, E>>();

  constructor(
    private readonly store: EventStore,
    codec: Codec<E>,
    keys: Writing<E>['keys'],
    private readonly model: Model<S, E>,
    options: RepositoryOptions<S>,
  ) {
    this.options = { ids: randomUUID, ...DEFAULTS, ...options };
    const { now, bytes_max, ids, isKeyedByDecision } = this.options;
    const eventId = (seed: string | undefined, stream: StreamName, index: number): string =>
      seed === undefined ? ids() : derivedEventId(seed, stream, index);
    this.writing = { codec, keys, now, bytes_max, eventId, isKeyedByDecision };
    this.decoder = new Decoder(codec, keys);
    const sizeCalculation = ({ state }: Loaded<S>): number => Math.max(1, Math.ceil(options.weigh(state)));
    this.cache = new LRUCache({ maxSize: options.cache_weight_max, sizeCalculation });
  }

  /** The aggregate after all waiting decisions. */
  load(stream: StreamName): Promise<Loaded<S>> {
    return this.handle(stream, ({ state }): Decided<S, E> => ({ events: [], state }), UNUSED_CONTEXT);
  }

  /**
   * Resolves with the recorded events (or the present state, when there is nothing new), or with the refusal.
   * Rejects with StoreOverloaded, TooManyConflicts, the decision's error or the store's error: except for StoreOverloaded
   * and StreamDeleted, the events may have been recorded.
   */
  handle(stream: StreamName, decide: Decision<S, E, never>, context: Asked): Promise<Committed<S, E>>;
  handle<R>(stream: StreamName, decide: Decision<S, E, R>, context: Asked): Promise<Committed<S, E> | R>;
  handle<R>(stream: StreamName, decide: Decision<S, E, R>, context: Asked): Promise<Committed<S, E> | R> {
    return new Promise((resolve, reject) => {
      const mailbox = this.mailbox(stream);
      if (mailbox.waiting.length >= this.options.waiting_max) {
        reject(new StoreOverloaded(`${mailbox.waiting.length} decisions wait for stream ${stream}`));
        return;
      }
      mailbox.waiting.push({ decide, context, resolve: resolve as (answer: unknown) => void, reject, conflicts: 0 });
    });
  }

  /** Saves a read of the store for a stream with a new name; its first append fails if it exists. */
  assumeNew(stream: StreamName): void {
    if (!this.mailboxes.has(stream)) this.cache.set(stream, this.nothing());
  }

  /** Drops a cached aggregate. */
  forget(stream: StreamName): void {
    this.cache.delete(stream);
    const mailbox = this.mailboxes.get(stream);
    if (mailbox) mailbox.isForgotten = true;
  }

  private mailbox(stream: StreamName): Mailbox<S, E> {
    const open = this.mailboxes.get(stream);
    if (open) return open;
    const mailbox: Mailbox<S, E> = { waiting: [], at: this.cache.get(stream), isForgotten: false };
    this.mailboxes.set(stream, mailbox);
    // a microtask later, so that decisions of one turn share a batch
    queueMicrotask(() => void this.empty(stream, mailbox));
    return mailbox;
  }

  private async empty(stream: StreamName, mailbox: Mailbox<S, E>): Promise<void> {
    while (mailbox.waiting.length > 0) await this.round(stream, mailbox);
    this.mailboxes.delete(stream);
    if (mailbox.at && !mailbox.isForgotten) this.cache.set(stream, mailbox.at);
  }

  /** One append for the waiting decisions. */
  private async round(stream: StreamName, mailbox: Mailbox<S, E>): Promise<void> {
    let count = mailbox.waiting.length;
    if (mailbox.isForgotten) this.drop(stream, mailbox);
    try {
      const known = mailbox.at ? 0 : count;
      mailbox.at ??= await this.read(stream, this.nothing());
      const batch = await this.decide(stream, mailbox.at, mailbox.waiting);
      count = batch.size;
      mailbox.at = await this.commit(stream, mailbox.at, batch, known >= count);
      mailbox.waiting.splice(0, count);
    } catch (error) {
      const tried = mailbox.waiting.splice(0, count);
      if (error instanceof WrongRevision) return this.retry(stream, mailbox, tried);
      if (!(error instanceof StoreOverloaded)) this.drop(stream, mailbox);
      for (const { reject } of tried) reject(error);
    }
  }

  private async decide(
    stream: StreamName,
    at: Loaded<S>,
    waiting: readonly Waiting<S, E>[],
  ): Promise<DecisionBatch<S, E>> {
    const batch = new DecisionBatch(stream, at, this.writing);
    for await (const portion of inPortions(waiting.slice(0, this.options.decisions_max)))
      for (const one of portion) if (!(await batch.add(one))) return batch;
    return batch;
  }

  /** Appends and answers; without events it first confirms that the state is the latest. Throws WrongRevision. */
  private async commit(
    stream: StreamName,
    at: Loaded<S>,
    batch: DecisionBatch<S, E>,
    isLatest: boolean,
  ): Promise<Loaded<S>> {
    if (batch.records.length > 0) {
      const receipt = await this.store.append(stream, at.revision < 0 ? 'no-stream' : at.revision, batch.records);
      if (batch.isSeeded) await this.assertOurs(stream, at, batch);
      return batch.complete(receipt);
    }
    if (!isLatest && !this.options.isSoleWriter) {
      const latest = await this.read(stream, at);
      if (latest !== at) throw new WrongRevision(stream, at.revision, latest.revision);
    }
    return batch.complete(at);
  }

  /** The store answers a repeated append with the first one's receipt; its events then have other hashes. */
  private async assertOurs(stream: StreamName, at: Loaded<S>, { records }: DecisionBatch<S, E>): Promise<void> {
    const first = at.revision + 1;
    for await (const { metadata } of this.store.read(stream, { from: first, limit: 1 })) {
      if (metadata['hash'] === records[0]?.metadata['hash']) return;
    }
    throw new WrongRevision(stream, at.revision, first);
  }

  /** Puts decisions with attempts left back into the queue, and reads the events of other writers. */
  private async retry(stream: StreamName, mailbox: Mailbox<S, E>, tried: readonly Waiting<S, E>[]): Promise<void> {
    const { attempts_max } = this.options;
    for (const waiting of tried) waiting.conflicts += 1;
    for (const { conflicts, reject } of tried)
      if (conflicts >= attempts_max) reject(new TooManyConflicts(stream, conflicts));
    mailbox.waiting.unshift(...tried.filter(({ conflicts }) => conflicts < attempts_max));
    const before = mailbox.at ?? this.nothing();
    const at = await this.read(stream, before).catch(() => before);
    // a stream that does not continue from the cached state is read from its start
    if (at === before) this.drop(stream, mailbox);
    else mailbox.at = at;
  }

  private drop(stream: StreamName, mailbox: Mailbox<S, E>): void {
    mailbox.at = undefined;
    mailbox.isForgotten = false;
    this.cache.delete(stream);
  }

  private nothing(): Loaded<S> {
    return { state: this.model.initial, revision: -1, position: 0n, hash: GENESIS, recorded_at: '', key_id: undefined };
  }

  /** Reads the events after a cached state; returns the very same state when there are none. */
  private async read(stream: StreamName, from: Loaded<S>): Promise<Loaded<S>> {
    let at = from;
    let events: RecordedEvent[] = [];
    const isEntered = this.options.isLog && from.revision < 0;
    const place: ReadOptions = isEntered ? { direction: 'backwards', limit: 1 } : { from: from.revision + 1 };
    for await (const event of this.store.read(stream, place)) {
      events.push(event);
      if (events.length < READ_SIZE) continue;
      at = await this.fold(at, events);
      events = [];
    }
    return events.length > 0 ? this.fold(at, events) : at;
  }

  private async fold(from: Loaded<S>, events: readonly RecordedEvent[]): Promise<Loaded<S>> {
    let at = from;
    for (const { event, recorded, envelope } of await this.decoder.decode(events)) {
      const { revision, position } = recorded;
      const { hash: own, recorded_at } = envelope;
      const key_id = this.keyAfter(at, recorded);
      at = { state: this.model.evolve(at.state, event), revision, position, hash: own, recorded_at, key_id };
    }
    return at;
  }

  private keyAfter({ key_id }: Loaded<S>, event: RecordedEvent): KeyId | undefined {
    const own = keyIdOf(event);
    return this.options.isKeyedByDecision ? (own ?? key_id) : (key_id ?? own);
  }
}

const UNUSED_CONTEXT: Asked = { correlation_id: '', actor: { channel: '' } };

/** A UUID (version 8) from the first 122 bits of SHA-256 over seed, stream and the event's number in its decision. */
export function derivedEventId(seed: string, stream: StreamName, index: number): string {
  const hex = hash('sha256', `${seed}\n${stream}\n${index}`, 'hex');
  const variant = ((parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
