import { describe, expect, test } from '@jest/globals';

import { checks, eventStoreContract, run } from '../event-store.contract.js';
import type {
  EventBatch,
  EventStore,
  ExpectedRevision,
  FollowOptions,
  NewEvent,
  Position,
  Receipt,
} from '../event-store.js';
import { MemoryEventStore } from './event-store.js';

async function opened<S extends EventStore>(store: S): Promise<{ store: S; close(): Promise<void> }> {
  return { store, close: () => store.close() };
}

eventStoreContract('MemoryEventStore', () => opened(new MemoryEventStore()));

class IgnoresExpectation extends MemoryEventStore {
  override append(stream: string, _: ExpectedRevision, events: readonly NewEvent[]): Promise<Receipt> {
    return super.append(stream, 'any', events);
  }
}

class SkipsAnEvent extends MemoryEventStore {
  override async *follow(after: Position | undefined, options: FollowOptions): AsyncIterable<EventBatch> {
    // the check waits for the event that never comes, and this store has nothing more to say
    const signal = AbortSignal.any([options.signal, AbortSignal.timeout(500)]);
    for await (const batch of super.follow(after, { ...options, signal })) {
      yield { ...batch, events: batch.events.filter(({ revision }) => revision !== 5) };
    }
  }
}

class RepeatsAnEvent extends MemoryEventStore {
  override async *follow(after: Position | undefined, options: FollowOptions): AsyncIterable<EventBatch> {
    for await (const batch of super.follow(after, options)) {
      yield { ...batch, events: batch.events.flatMap((event) => (event.revision === 5 ? [event, event] : [event])) };
    }
  }
}

type Title = keyof typeof checks;

const oneWinner = 'one of 64 writers with the same expectation wins';
const table = 'an append is accepted exactly when the expected revision allows it';
const duringAppends = 'following during appends neither misses nor repeats an event';
const resuming = 'following resumes where it was interrupted';

const broken: readonly [string, () => EventStore, Title][] = [
  ['ignores the expected revision', () => new IgnoresExpectation(), table],
  ['ignores the expected revision', () => new IgnoresExpectation(), oneWinner],
  ['skips an event while following', () => new SkipsAnEvent(), duringAppends],
  ['skips an event while following', () => new SkipsAnEvent(), resuming],
  ['repeats an event while following', () => new RepeatsAnEvent(), duringAppends],
];

describe('the contract finds the store that', () => {
  test.each(broken)('%s (%#)', async (_, make, title) => {
    await expect(run(checks[title], () => opened(make()))).rejects.toThrow('expect(');
  });
});
