import { randomUUID } from 'node:crypto';

import { expect } from '@jest/globals';

import type {
  EventBatch,
  EventStore,
  FollowOptions,
  NewEvent,
  Position,
  ReadOptions,
  RecordedEvent,
} from './event-store.js';

/** A check of one guarantee, on streams whose names begin with `run`. */
export type Check = (store: EventStore, run: string) => Promise<void>;

/** A new event; ids are unique by default. */
export function newEvent(id: string = randomUUID(), type = 'Noted'): NewEvent {
  return { id, type, data: { text: `é "${id}" 漢`, deep: { list: [1, null, true] } }, metadata: { hash: id } };
}

export const newEvents = (count: number): NewEvent[] => Array.from({ length: count }, () => newEvent());

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The events after a position in streams with this prefix. */
export async function ownSince(store: EventStore, begin: Position, run: string): Promise<RecordedEvent[]> {
  return (await collect(store.readAll(begin))).filter(({ stream }) => stream.startsWith(run));
}

export const idsOf = (events: readonly { id: string }[]): string[] => events.map(({ id }) => id);

export async function idsIn(store: EventStore, stream: string, options?: ReadOptions): Promise<string[]> {
  return idsOf(await collect(store.read(stream, options)));
}

/** Follows until `enough` is true; stops with the events so far when that takes too long. */
export async function followUntil(
  store: EventStore,
  after: Position | undefined,
  enough: (events: readonly RecordedEvent[], position: Position) => boolean,
  options: Partial<FollowOptions> = {},
): Promise<{ events: RecordedEvent[]; batches: EventBatch[] }> {
  const signal = AbortSignal.timeout(15_000);
  const batches: EventBatch[] = [];
  const events: RecordedEvent[] = [];
  for await (const batch of store.follow(after, { batch_size_max: 7, signal, ...options })) {
    batches.push(batch);
    events.push(...batch.events);
    if (enough(events, batch.position)) break;
  }
  return { events, batches };
}

export function expectGrowing(events: readonly RecordedEvent[]): void {
  const positions = events.map(({ position }) => position);
  expect(positions.every((position, index) => index === 0 || position > (positions[index - 1] as bigint))).toBe(true);
}

/** Appends single-stream events, with other streams' events in between. */
export async function fill(store: EventStore, stream: string, count: number): Promise<NewEvent[]> {
  const events = newEvents(count);
  for (let at = 0; at < count; at += 50) {
    await store.append(stream, 'any', events.slice(at, at + 50));
    await store.append(`${stream}-noise`, 'any', [newEvent(undefined, 'Noise')]);
  }
  return events;
}
