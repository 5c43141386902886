import { type Codec, type DomainEvent, isPersonal, KeyDestroyed, type SealingKey, toRecord } from './envelope.js';
import type { NewEvent, Position, Receipt, Revision, StreamName } from './event-store.js';
import { type Instant, nineDigits } from './instant.js';
import type { KeyId } from './key-store.js';
import type { Keyring } from './keyring.js';
import type { Context } from './metadata.js';

/** The fold of a domain's events. */
export interface Model<S, E> {
  readonly initial: S;
  evolve(state: S, event: E): S;
}

/** An aggregate with its place in the store; revision -1 and position 0 before the first event. */
export interface Loaded<S> {
  readonly state: S;
  readonly revision: Revision;
  readonly position: Position;
  /** The hash of the last event: the end of the stream's chain. */
  readonly hash: string;
  /** The time of the last append; empty before the first. */
  readonly recorded_at: Instant;
  /** The key that seals this aggregate's personal fields, once it has one; with `isKeyedByDecision` the last one. */
  readonly key_id: KeyId | undefined;
}

/** The aggregate right after a decision. The position is that of the append, at or after the decision's own events. */
export interface Committed<S, E> extends Loaded<S> {
  readonly events: readonly E[];
  /** False when nothing was recorded. */
  readonly changed: boolean;
}

/** The outcome of a decision: events, and the state after them. Without events the state does not change. */
export interface Decided<S, E> {
  readonly events: readonly E[];
  readonly state: S;
  /** The key that seals these events, with `isKeyedByDecision`. */
  readonly key_id?: KeyId | undefined;
}

/**
 * Returns events and the state after them, or anything else, which is a refusal and is passed through.
 * Other decisions of the stream wait while an asynchronous one runs.
 */
export type Decision<S, E, R> = (at: Loaded<S>) => Decided<S, E> | R | Promise<Decided<S, E> | R>;

/** The decision to record these events, with the state that the model folds from them. */
export const decided = <S, E>(model: Model<S, E>, before: S, events: readonly E[]): Decided<S, E> => ({
  events,
  state: events.reduce((state, event) => model.evolve(state, event), before),
});

export interface Asked extends Context {
  /** The seed of deterministic event ids: the same decision gets the same ids again. */
  readonly event_id_seed?: string;
  /** The key for an aggregate without one; a new one by default. */
  readonly key_id?: KeyId | undefined;
}

/** A decision in the queue. */
export interface Waiting<S, E> {
  readonly decide: Decision<S, E, unknown>;
  readonly context: Asked;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  conflicts: number;
}

/** The dependencies of a batch. */
export interface Writing<E extends DomainEvent> {
  readonly codec: Codec<E>;
  readonly keys: Pick<Keyring, 'take' | 'get' | 'load'>;
  readonly now: () => string;
  readonly eventId: (seed: string | undefined, stream: StreamName, index: number) => string;
  readonly bytes_max: number;
  readonly isKeyedByDecision: boolean;
}

type Answer = (receipt: Pick<Receipt, 'position'>) => void;
interface Step<S> {
  readonly at: Loaded<S>;
  readonly records: readonly NewEvent[];
  readonly bytes: number;
}

/** Decisions taken in turn, each on the state after the one before, for one append; answered when that is durable. */
export class DecisionBatch<S, E extends DomainEvent> {
  readonly records: NewEvent[] = [];
  /** True when event ids are deterministic: the store may have these events already. */
  isSeeded = false;
  private readonly answers: Answer[] = [];
  private readonly recorded_at: string;
  private bytes = 0;
  private key: SealingKey | undefined;

  constructor(
    private readonly stream: StreamName,
    private at: Loaded<S>,
    private readonly writing: Writing<E>,
  ) {
    const now = nineDigits(writing.now());
    this.recorded_at = now > at.recorded_at ? now : at.recorded_at;
  }

  /** The number of decisions. */
  get size(): number {
    return this.answers.length;
  }

  /** Takes one more decision; false when it does not fit. An error of the decision rejects that decision alone. */
  async add(waiting: Waiting<S, E>): Promise<boolean> {
    try {
      const outcome = await waiting.decide(this.at);
      if (!isDecided<S, E>(outcome)) return this.answer(() => waiting.resolve(outcome));
      const { events } = outcome;
      const step = await this.step(outcome, waiting.context);
      if (this.records.length > 0 && this.bytes + step.bytes > this.writing.bytes_max) return false;
      this.take(step, waiting.context);
      return this.answer(({ position }) =>
        waiting.resolve({ ...step.at, position, events, changed: events.length > 0 }),
      );
    } catch (error) {
      return this.answer(() => waiting.reject(error));
    }
  }

  /** Answers every decision and returns the aggregate after the append. */
  complete({ position }: Pick<Receipt, 'position'>): Loaded<S> {
    for (const answer of this.answers) answer({ position });
    return { ...this.at, position };
  }

  private answer(answer: Answer): true {
    this.answers.push(answer);
    return true;
  }

  private take({ at, records, bytes }: Step<S>, { event_id_seed }: Asked): void {
    this.at = at;
    this.bytes += bytes;
    this.isSeeded ||= event_id_seed !== undefined && records.length > 0;
    this.records.push(...records);
  }

  private async step({ events, state, key_id }: Decided<S, E>, context: Asked): Promise<Step<S>> {
    const { stream, writing, recorded_at } = this;
    const records: NewEvent[] = [];
    let [at, bytes] = [this.at, 0];
    let key: SealingKey | undefined;
    for (const event of events) {
      if (isPersonal(event, writing.codec)) key ??= await this.sealingKey(key_id, context);
      const id = writing.eventId(context.event_id_seed, stream, records.length);
      const place = { stream, revision: at.revision + 1, id, recorded_at, previous_hash: at.hash };
      const prepared = toRecord(event, context, place, writing.codec, key);
      at = { ...at, state, revision: place.revision, hash: prepared.hash, recorded_at, key_id: key?.id ?? at.key_id };
      records.push(prepared.event);
      bytes += prepared.bytes;
    }
    return { at, records, bytes };
  }

  private async sealingKey(ofDecision: KeyId | undefined, asked: Asked): Promise<SealingKey> {
    const { keys, isKeyedByDecision } = this.writing;
    const known = isKeyedByDecision ? ofDecision : (this.at.key_id ?? asked.key_id);
    if (this.key && this.key.id === known) return this.key;
    const id = known ?? (await keys.take());
    const secret = keys.get(id) ?? (await keys.load([id])).get(id);
    if (secret === undefined) throw new Error(`key ${id} is not in the key store`);
    if (secret === 'destroyed') throw new KeyDestroyed(id);
    this.key = { id, secret };
    return this.key;
  }
}

function isDecided<S, E>(outcome: unknown): outcome is Decided<S, E> {
  if (typeof outcome !== 'object' || outcome === null) return false;
  return 'state' in outcome && 'events' in outcome && Array.isArray(outcome.events);
}
