import { expect, test } from '@jest/globals';
import { Catalog } from './catalog.js';
import { MemoryEventStore } from './memory/event-store.js';

const WORDS = { stream: 'things', defined: 'ThingDefined', removed: 'ThingRemoved' };
const context = { actor: { channel: 'TEST' }, correlation_id: 'v-1' };
interface Thing {
  readonly name: string;
}
const plain = (entries: ReadonlyMap<string, { definition: Thing; updated_at: string | null }>): object =>
  [...entries].map(([id, { definition, updated_at }]) => [id, definition, updated_at]);

test('keeps definitions in creation order, and sees those of other instances', async () => {
  const store = new MemoryEventStore();
  let n = 0;
  const now = (): string => `2026-01-01T00:00:0${n++ % 10}.000Z`;
  const [one, other] = [new Catalog<Thing>(store, WORDS, now), new Catalog<Thing>(store, WORDS, now)];
  await one.define('a', () => ({ name: 'A' }), context);
  await other.define('b', () => ({ name: 'B' }), context);
  const again = await one.define(
    'a',
    (entries) => ({ name: `${entries.get('a')?.definition.name}${entries.size}` }),
    context,
  );
  expect(again).toMatchObject({ definition: { name: 'A2' } });
  for (const { entries, revision } of [await one.state(), await other.state()]) {
    expect(plain(entries)).toEqual([
      ['a', { name: 'A2' }, again.updated_at],
      ['b', { name: 'B' }, null],
    ]);
    expect(revision).toBe(2);
  }
});

test('records nothing without a change, and removes once', async () => {
  const store = new MemoryEventStore();
  const things = new Catalog<Thing>(store, WORDS, () => '2026-01-01T00:00:00.000Z');
  await things.define('a', () => ({ name: 'A' }), context);
  await things.define('a', () => undefined, context);
  expect((await things.state()).revision).toBe(0);
  expect([await things.remove('a', context), await things.remove('a', context)]).toEqual([true, false]);
  expect((await things.state()).entries.size).toBe(0);
  await expect(things.define('b', () => undefined, context)).rejects.toThrow('b is not in things');
});

test('each of many concurrent definitions sees the ones before', async () => {
  const store = new MemoryEventStore();
  const made = Array.from({ length: 3 }, () => new Catalog<Thing>(store, WORDS, () => '2026-01-01T00:00:00.000Z'));
  await Promise.all(
    made.flatMap((things, i) =>
      Array.from({ length: 20 }, (_, n) =>
        things.define(`t${n}-${i}`, (entries) => ({ name: `after ${entries.size}` }), context),
      ),
    ),
  );
  const names = [...((await made[0]?.state())?.entries.values() ?? [])].map(({ definition: { name } }) => name);
  expect(names).toEqual(Array.from({ length: 60 }, (_, n) => `after ${n}`));
});
