import {
  type Codec,
  type Context,
  type DomainEvent,
  isPersonal,
  KeyDestroyed,
  type SealingKey,
  toRecord,
} from './envelope.js';
import type { NewEvent, Position, Receipt, Revision, StreamName } from './event-store.js';
import type { KeyId } from './key-store.js';
import type { Keyring } from './keyring.js';

/** How a domain's events make its state. */
export interface Model<S, E> {
  readonly initial: S;
  evolve(state: S, event: E): S;
}

/** An aggregate as it stands in the store; revision -1 and position 0 when nothing is recorded. */
export interface Loaded<S> {
  readonly state: S;
  readonly revision: Revision;
  readonly position: Position;
  /** Of the last event: the end of the stream's chain. */
  readonly hash: string;
  readonly recorded_at: string;
  /** Of the key that seals this aggregate's personal fields, once there is one. */
  readonly key_id: KeyId | undefined;
}

/** The aggregate right after a decision. The position is that of the append, at or after the decision's own events. */
export interface Committed<S, E> extends Loaded<S> {
  readonly events: readonly E[];
  /** False when there was nothing new to record. */
  readonly changed: boolean;
}

/** Takes an aggregate's state to events, or to anything else, which is a refusal and is handed back as it is. */
export type Decision<S, E, R> = (state: S, revision: Revision) => readonly E[] | R;

/** Event ids derived from this text come out the same when the same decision is taken again. */
export interface Asked extends Context {
  readonly event_id_seed?: string;
}

/** A decision that waits for its turn. */
export interface Waiting<S, E> {
  readonly decide: Decision<S, E, unknown>;
  readonly context: Asked;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  conflicts: number;
}

/** What a batch needs of its surroundings. */
export interface Writing<S, E extends DomainEvent> {
  readonly model: Model<S, E>;
  readonly codec: Codec<E>;
  readonly keys: Pick<Keyring, 'take' | 'get' | 'load'>;
  readonly now: () => string;
  readonly eventId: (seed: string | undefined, stream: StreamName, index: number) => string;
  readonly bytes_max: number;
}

type Answer = (receipt: Pick<Receipt, 'position'>) => void;
interface Step<S> {
  readonly at: Loaded<S>;
  readonly records: readonly NewEvent[];
  readonly bytes: number;
}

/** Decisions taken one after the other on the evolving state, for one append; answered when that is durable. */
export class Batch<S, E extends DomainEvent> {
  readonly records: NewEvent[] = [];
  /** True when an id was derived: the store may know these events already. */
  isSeeded = false;
  private readonly answers: Answer[] = [];
  private readonly recorded_at: string;
  private bytes = 0;
  private key: SealingKey | undefined;

  constructor(
    private readonly stream: StreamName,
    private at: Loaded<S>,
    private readonly writing: Writing<S, E>,
  ) {
    const now = writing.now();
    this.recorded_at = now > at.recorded_at ? now : at.recorded_at;
  }

  /** How many decisions it holds. */
  get size(): number {
    return this.answers.length;
  }

  /** Takes in one more decision; false when it does not fit. What the decision throws is its own answer. */
  async add(waiting: Waiting<S, E>): Promise<boolean> {
    try {
      const decided = waiting.decide(this.at.state, this.at.revision);
      if (!Array.isArray(decided)) return this.answer(() => waiting.resolve(decided));
      const events = decided as readonly E[];
      const step = await this.step(events, waiting.context);
      if (this.records.length > 0 && this.bytes + step.bytes > this.writing.bytes_max) return false;
      this.take(step, waiting.context);
      return this.answer(({ position }) =>
        waiting.resolve({ ...step.at, position, events, changed: events.length > 0 }),
      );
    } catch (error) {
      return this.answer(() => waiting.reject(error));
    }
  }

  /** Answers every decision and says how the aggregate stands now. */
  settle({ position }: Pick<Receipt, 'position'>): Loaded<S> {
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

  private async step(events: readonly E[], context: Asked): Promise<Step<S>> {
    const { stream, writing, recorded_at } = this;
    const records: NewEvent[] = [];
    let { at } = this;
    let bytes = 0;
    for (const event of events) {
      const key = isPersonal(event, writing.codec) ? await this.sealingKey() : undefined;
      const id = writing.eventId(context.event_id_seed, stream, records.length);
      const place = { stream, revision: at.revision + 1, id, recorded_at, previous_hash: at.hash };
      const prepared = toRecord(event, context, place, writing.codec, key);
      const state = writing.model.evolve(at.state, event);
      at = { ...at, state, revision: place.revision, hash: prepared.hash, recorded_at, key_id: at.key_id ?? key?.id };
      records.push(prepared.event);
      bytes += prepared.bytes;
    }
    return { at, records, bytes };
  }

  private async sealingKey(): Promise<SealingKey> {
    if (this.key) return this.key;
    const { keys } = this.writing;
    const id = this.at.key_id ?? (await keys.take());
    const secret = keys.get(id) ?? (await keys.load([id])).get(id);
    if (secret === undefined) throw new Error(`key ${id} is not in the key store`);
    if (secret === 'destroyed') throw new KeyDestroyed(id);
    this.key = { id, secret };
    return this.key;
  }
}
