import { describe, expect, test } from '@jest/globals';

import { featureChecks } from '../event-store.contract.features.js';
import { checks, eventStoreContract, run } from '../event-store.contract.js';
import type { Check, Opened } from '../event-store.contract.tools.js';
import type {
  Batch,
  EventStore,
  ExpectedRevision,
  FollowOptions,
  NewEvent,
  Position,
  Receipt,
  RecordedEvent,
} from '../event-store.js';
import { MemoryEventStore } from './event-store.js';

async function opened(store: EventStore): Promise<Opened> {
  return { store, close: () => store.close(), reopen: async () => new MemoryEventStore() };
}

eventStoreContract('MemoryEventStore', () => opened(new MemoryEventStore()), {
  isDurable: false,
  isRepeatableAfterDeletion: true,
  isDeletableWhereItExists: true,
});

class IgnoresExpectation extends MemoryEventStore {
  override append(stream: string, _: ExpectedRevision, events: readonly NewEvent[]): Promise<Receipt> {
    return super.append(stream, 'any', events);
  }
}

class SkipsAnEvent extends MemoryEventStore {
  override async *follow(after: Position | undefined, options: FollowOptions): AsyncIterable<Batch> {
    for await (const batch of super.follow(after, options)) {
      yield { ...batch, events: batch.events.filter(({ revision }) => revision !== 5) };
    }
  }
}

class RepeatsAnEvent extends MemoryEventStore {
  override async *follow(after: Position | undefined, options: FollowOptions): AsyncIterable<Batch> {
    for await (const batch of super.follow(after, options)) {
      yield { ...batch, events: batch.events.flatMap((event) => (event.revision === 5 ? [event, event] : [event])) };
    }
  }
}

class TearsAppends extends MemoryEventStore {
  override async append(stream: string, _: ExpectedRevision, events: readonly NewEvent[]): Promise<Receipt> {
    let receipt = await super.append(stream, 'any', []);
    for (const event of events) receipt = await super.append(stream, 'any', [event]);
    return receipt;
  }
}

class HidesTheDeleted extends MemoryEventStore {
  readonly #deleted = new Set<string>();

  override async delete(stream: string, expected: ExpectedRevision, kind?: 'soft' | 'hard'): Promise<void> {
    await super.delete(stream, expected, kind);
    this.#deleted.add(stream);
  }

  override async *readAll(after?: Position, limit?: number): AsyncIterable<RecordedEvent> {
    for await (const event of super.readAll(after, limit)) if (!this.#deleted.has(event.stream)) yield event;
  }
}

const forgets = featureChecks.isDurable['everything is there again after reopening'] as Check;
const oneWinner = checks['of 64 writers with the same expectation one wins, in each round'];
const table = checks['an append is accepted exactly when the expected revision allows it'];
const tombstone = checks['a tombstone is final'];
const together = checks['the events of one append stand together'];
const duringAppends = checks['following during appends neither misses nor repeats an event'];
const resuming = checks['following resumes where it was interrupted'];

const broken: readonly [string, () => EventStore, Check][] = [
  ['ignores the expected revision', () => new IgnoresExpectation(), table],
  ['ignores the expected revision', () => new IgnoresExpectation(), oneWinner],
  ['tears appends', () => new TearsAppends(), together],
  ['hides what was deleted', () => new HidesTheDeleted(), tombstone],
  ['forgets when it is closed', () => new MemoryEventStore(), forgets],
  ['skips an event while following', () => new SkipsAnEvent(), duringAppends],
  ['skips an event while following', () => new SkipsAnEvent(), resuming],
  ['repeats an event while following', () => new RepeatsAnEvent(), duringAppends],
];

describe('the contract finds the store that', () => {
  test.each(broken)(
    '%s (%#)',
    async (_, make, check) => {
      await expect(run(check, () => opened(make()))).rejects.toThrow('expect(');
    },
    20_000,
  );
});
