import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { add, context, newAggregates, recordedIn } from './controls.js';
import type { JsonObject, RecordedEvent } from './event-store.js';
import { MemoryEventStore } from './memory/event-store.js';
import { verifyStream } from './verify.js';

async function streamOf(length: number, name = 's'): Promise<RecordedEvent[]> {
  const store = new MemoryEventStore();
  const repository = newAggregates(store);
  for (let n = 0; n < length; n++) await repository.handle(name, add(n, n % 2 ? `note ${n}` : undefined), context);
  return recordedIn(store, name);
}

const hashOf = (event: RecordedEvent | undefined): string => event?.metadata['hash'] as string;
const renumbered = (events: readonly RecordedEvent[]): RecordedEvent[] =>
  events.map((event, revision) => ({ ...event, revision }));

describe('verifying a stream', () => {
  test('accepts a sound stream', async () => {
    const events = await streamOf(6);
    expect(await verifyStream(events)).toEqual({
      valid: true,
      events: 6,
      head: { revision: 5, hash: hashOf(events[5]) },
    });
    expect(await verifyStream([])).toEqual({ valid: true, events: 0, head: { revision: -1, hash: '0'.repeat(64) } });
  });

  test.each([
    ['a deleted event', (e: RecordedEvent[]) => e.toSpliced(2, 1), { revision: 2, reason: 'gap' }],
    [
      'a deleted event, the others renumbered',
      (e: RecordedEvent[]) => renumbered(e.toSpliced(2, 1)),
      { revision: 2, reason: 'hash_mismatch' },
    ],
    ['a missing beginning', (e: RecordedEvent[]) => e.slice(1), { revision: 0, reason: 'gap' }],
    ['a repeated event', (e: RecordedEvent[]) => e.toSpliced(3, 0, e[2]!), { revision: 3, reason: 'gap' }],
    [
      'an inserted event',
      (e: RecordedEvent[]) => renumbered(e.toSpliced(3, 0, { ...e[3]!, id: 'new' })),
      { revision: 3, reason: 'hash_mismatch' },
    ],
    [
      'an event of another stream',
      (e: RecordedEvent[]) => e.with(4, { ...e[4]!, stream: 'other' }),
      { revision: 4, reason: 'foreign' },
    ],
    [
      'all moved to another stream',
      (e: RecordedEvent[]) => e.map((event) => ({ ...event, stream: 'other' })),
      { revision: 0, reason: 'hash_mismatch' },
    ],
  ])('names %s', async (_what, alter, first_bad) => {
    const events = await streamOf(6);
    const verdict = await verifyStream(alter(events));
    expect(verdict).toMatchObject({ valid: false, first_bad, events: first_bad.revision });
    expect(verdict.head.revision).toBe(first_bad.revision - 1);
  });

  test('finds a truncated and a rewritten history only against a head kept elsewhere', async () => {
    const events = await streamOf(6);
    const another = await streamOf(8);
    const known = { revision: 5, hash: hashOf(events[5]) };
    expect(await verifyStream(events.slice(0, 4))).toMatchObject({ valid: true });
    expect(await verifyStream(events.slice(0, 4), known)).toMatchObject({
      valid: false,
      first_bad: { revision: 4, reason: 'truncated' },
    });
    expect(await verifyStream(another, known)).toMatchObject({
      valid: false,
      first_bad: { revision: 5, reason: 'rewritten' },
    });
    expect(await verifyStream(events, known)).toMatchObject({ valid: true });
  });

  test('finds the event with any single changed character', async () => {
    const events = await streamOf(4);
    await fc.assert(
      fc.asyncProperty(fc.nat(3), fc.nat(), fc.constantFrom('0', 'a', 'Z', ' ', '-', 'é'), async (at, where, char) => {
        const { stream, revision, position, ...content } = events[at]!;
        const text = JSON.stringify(content);
        const place = where % text.length;
        const altered = parse(text.slice(0, place) + char + text.slice(place + 1));
        fc.pre(altered !== undefined && JSON.stringify(altered) !== text);
        const changed = { ...(altered as unknown as typeof content), stream, revision, position };
        fc.pre(typeof changed.metadata === 'object' && changed.metadata !== null);
        expect(await verifyStream(events.with(at, changed))).toMatchObject({
          first_bad: { revision: at, reason: 'hash_mismatch' },
        });
      }),
      { numRuns: 500 },
    );
  });

  test('finds any two swapped events, renumbered or not', async () => {
    const events = await streamOf(6);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(5), { minLength: 2, maxLength: 2 }),
        fc.boolean(),
        async ([a = 0, b = 0], renumber) => {
          const swapped = events.with(a, events[b]!).with(b, events[a]!);
          const { first_bad } = await verifyStream(renumber ? renumbered(swapped) : swapped);
          expect(first_bad?.revision).toBe(Math.min(a, b));
        },
      ),
    );
  });
});

function parse(text: string): JsonObject | undefined {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return undefined;
  }
}
