import { hash, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import {
  type Asked,
  Batch,
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
import { inPortions } from './portions.js';

export interface AggregatesOptions<S> {
  /** The present, as an ISO instant in UTC. */
  readonly now: () => string;
  /** What a state weighs in the cache. */
  readonly weigh: (state: S) => number;
  /** Aggregates up to this weight together stay in memory; one that weighs more alone is read again every time. */
  readonly cache_weight_max: number;
  /** How often one decision may lose against other writers of its stream; 8 unless told. */
  readonly attempts_max?: number;
  /** How many decisions may wait for one stream; 20,000 unless told. */
  readonly waiting_max?: number;
  /** Of one append: 500 decisions, 900,000 bytes of events (EventStoreDB takes 1 MiB). */
  readonly decisions_max?: number;
  readonly bytes_max?: number;
  readonly ids?: () => string;
  /** Nobody else appends to these streams: an answer for which nothing is appended then needs no look at the store. */
  readonly isSoleWriter?: boolean;
  /** Nothing is folded: a stream that is not in memory is entered at its last event. */
  readonly isLog?: boolean;
  /** Each decision names the key of its own events, or takes a new one: they are about different people. */
  readonly isKeyedByDecision?: boolean;
}

/** Other writers were faster every time; nothing was recorded. */
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
 * Loads, decides, appends. Decisions on one stream wait in a mailbox: all that are there are taken in turn on the evolving
 * state and appended together, and each is answered when that append is durable, also when it had nothing new to say.
 */
export class Aggregates<S, E extends DomainEvent> {
  private readonly options: Required<AggregatesOptions<S>>;
  private readonly writing: Writing<E>;
  private readonly decoder: Decoder<E>;
  private readonly cache: LRUCache<StreamName, Loaded<S>>;
  private readonly mailboxes = new Map<StreamName, Mailbox<S, E>>();

  constructor(
    private readonly store: EventStore,
    codec: Codec<E>,
    keys: Writing<E>['keys'],
    private readonly model: Model<S, E>,
    options: AggregatesOptions<S>,
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

  /** An aggregate as it stands after everything that waits before. */
  load(stream: StreamName): Promise<Loaded<S>> {
    return this.transact(stream, ({ state }): Decided<S, E> => ({ events: [], state }), nobody);
  }

  /**
   * Resolves with what was recorded (or what is there, when there is nothing new), or with the refusal.
   * Rejects with StoreOverloaded, TooManyConflicts, with what the decision throws, and with what the store throws: unless
   * that is StoreOverloaded or StreamDeleted, the events may have been recorded all the same.
   */
  transact(stream: StreamName, decide: Decision<S, E, never>, context: Asked): Promise<Committed<S, E>>;
  transact<R>(stream: StreamName, decide: Decision<S, E, R>, context: Asked): Promise<Committed<S, E> | R>;
  transact<R>(stream: StreamName, decide: Decision<S, E, R>, context: Asked): Promise<Committed<S, E> | R> {
    return new Promise((resolve, reject) => {
      const mailbox = this.mailbox(stream);
      if (mailbox.waiting.length >= this.options.waiting_max) {
        reject(new StoreOverloaded(`${mailbox.waiting.length} decisions wait for stream ${stream}`));
        return;
      }
      mailbox.waiting.push({ decide, context, resolve: resolve as (answer: unknown) => void, reject, conflicts: 0 });
    });
  }

  /** Saves the look at the store for a stream whose name was just made up; should it exist, its first append says so. */
  assumeNew(stream: StreamName): void {
    if (!this.mailboxes.has(stream)) this.cache.set(stream, this.nothing());
  }

  /** Drops what is cached of an aggregate. */
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
    // a moment later, so that what comes together is taken together
    queueMicrotask(() => void this.empty(stream, mailbox));
    return mailbox;
  }

  private async empty(stream: StreamName, mailbox: Mailbox<S, E>): Promise<void> {
    while (mailbox.waiting.length > 0) await this.round(stream, mailbox);
    this.mailboxes.delete(stream);
    if (mailbox.at && !mailbox.isForgotten) this.cache.set(stream, mailbox.at);
  }

  /** One append for what waits. */
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

  private async decide(stream: StreamName, at: Loaded<S>, waiting: readonly Waiting<S, E>[]): Promise<Batch<S, E>> {
    const batch = new Batch(stream, at, this.writing);
    for await (const portion of inPortions(waiting.slice(0, this.options.decisions_max)))
      for (const one of portion) if (!(await batch.add(one))) return batch;
    return batch;
  }

  /** Appends and answers; without events it answers once the state is known to be the latest. Throws WrongRevision. */
  private async commit(stream: StreamName, at: Loaded<S>, batch: Batch<S, E>, isLatest: boolean): Promise<Loaded<S>> {
    if (batch.records.length > 0) {
      const receipt = await this.store.append(stream, at.revision < 0 ? 'no-stream' : at.revision, batch.records);
      if (batch.isSeeded) await this.assertOurs(stream, at, batch);
      return batch.settle(receipt);
    }
    if (!isLatest && !this.options.isSoleWriter) {
      const latest = await this.read(stream, at);
      if (latest !== at) throw new WrongRevision(stream, at.revision, latest.revision);
    }
    return batch.settle(at);
  }

  /** The store answers a repeated append with the first one's receipt; its events then have other hashes than ours. */
  private async assertOurs(stream: StreamName, at: Loaded<S>, { records }: Batch<S, E>): Promise<void> {
    const first = at.revision + 1;
    for await (const { metadata } of this.store.read(stream, { from: first, limit: 1 })) {
      if (metadata['hash'] === records[0]?.metadata['hash']) return;
    }
    throw new WrongRevision(stream, at.revision, first);
  }

  /** Those that may try again go back to their places; others' events are added to what is known. */
  private async retry(stream: StreamName, mailbox: Mailbox<S, E>, tried: readonly Waiting<S, E>[]): Promise<void> {
    const { attempts_max } = this.options;
    for (const waiting of tried) waiting.conflicts += 1;
    for (const { conflicts, reject } of tried)
      if (conflicts >= attempts_max) reject(new TooManyConflicts(stream, conflicts));
    mailbox.waiting.unshift(...tried.filter(({ conflicts }) => conflicts < attempts_max));
    const before = mailbox.at ?? this.nothing();
    const at = await this.read(stream, before).catch(() => before);
    // a stream that does not go on where we left it is read from its start
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

  /** Reads what the store has beyond what is known; the very same state when that is nothing. */
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

const nobody: Asked = { correlation_id: '', actor: { channel: '' } };

/** A UUID (version 8) from the first 122 bits of SHA-256 over seed, stream and the event's number in its decision. */
export function derivedEventId(seed: string, stream: StreamName, index: number): string {
  const hex = hash('sha256', `${seed}\n${stream}\n${index}`, 'hex');
  const variant = ((parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
