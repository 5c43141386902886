import { describe, expect, test } from '@jest/globals';
import { added, type Added, AT, codec, context, newAggregates, recordedIn, recording } from './controls.js';
import { Decoder, UnreadableEvent } from './decoder.js';
import type { RecordedEvent } from './event-store.js';
import { Keyring } from './keyring.js';
import { MemoryEventStore } from './memory/event-store.js';
import { MemoryKeyStore } from './memory/key-store.js';

async function recorded(): Promise<{
  events: RecordedEvent[];
  decoder: Decoder<Added>;
  keyring: Keyring;
  key_id: string;
}> {
  const store = new MemoryEventStore();
  const keyring = new Keyring(new MemoryKeyStore());
  const repository = newAggregates(store, {}, keyring);
  await repository.handle('s', recording(added(1), added(2, 'Jane')), context);
  const { key_id = '' } = await repository.load('s');
  return { events: await recordedIn(store, 's'), decoder: new Decoder(codec, keyring), keyring, key_id };
}

describe('a decoder', () => {
  test('returns the event with its envelope', async () => {
    const { events, decoder } = await recorded();
    const decoded = await decoder.decode(events);
    expect(decoded.map(({ event }) => event)).toEqual([added(1), added(2, 'Jane')]);
    expect(decoded.map(({ erased }) => erased)).toEqual([false, false]);
    expect(decoded[1]).toMatchObject({
      recorded: events[1],
      envelope: { schema: 2, recorded_at: AT, correlation_id: 'c-1' },
    });
  });

  test('marks an event as erased, without personal fields, when the key is destroyed', async () => {
    const { events, decoder, keyring, key_id } = await recorded();
    await keyring.destroy(key_id);
    const decoded = await decoder.decode(events);
    expect(decoded.map(({ event, erased }) => ({ event, erased }))).toEqual([
      { event: added(1), erased: false },
      { event: added(2), erased: true },
    ]);
  });

  test('returns the origin of a fact, without its digest when the key is destroyed', async () => {
    const store = new MemoryEventStore();
    const keyring = new Keyring(new MemoryKeyStore());
    const origin = { source: '/shop', id: '1', sequence: '2' };
    const told = { ...added(1), origin: { ...origin, digest: 'd1d1' } };
    const { key_id = '' } = await newAggregates(store, {}, keyring).handle('s', recording(told), context);
    const decoder = new Decoder(codec, keyring);
    const events = await recordedIn(store, 's');
    expect((await decoder.decode(events))[0]).toMatchObject({ event: told, erased: false });
    await keyring.destroy(key_id);
    expect((await decoder.decode(events))[0]).toMatchObject({ event: { ...added(1), origin }, erased: true });
    expect((await decoder.decode(events))[0]?.event).toEqual({ ...added(1), origin });
  });

  test('upcasts old versions', async () => {
    const {
      events: [event],
      decoder,
    } = await recorded();
    const old = { ...event!, data: { count: 7 }, metadata: { ...event!.metadata, schema: '1' } };
    expect((await decoder.decode([old]))[0]!.event.data).toEqual({ n: 7 });
  });

  test.each([
    ['an unknown type', (event: RecordedEvent) => ({ ...event, type: 'toString' }), 'event type toString is unknown'],
    [
      'an unknown version',
      (event: RecordedEvent) => ({ ...event, metadata: { ...event.metadata, schema: '3' } }),
      'version 3 of event type Added is unknown',
    ],
    ['no envelope', (event: RecordedEvent) => ({ ...event, metadata: {} }), 'no envelope'],
    [
      'a lost key',
      (event: RecordedEvent) => ({ ...event, data: { sealed: { key: 'lost', blob: '' } } }),
      'not in the key store',
    ],
    [
      'a broken seal',
      (event: RecordedEvent) => ({ ...event, id: 'another' }),
      'event 1 (Added) of stream s cannot be read',
    ],
  ])('names the event that cannot be read: %s', async (_what, alter, message) => {
    const { events, decoder } = await recorded();
    const reading = decoder.decode([events[0]!, alter(events[1]!)]);
    await expect(reading).rejects.toThrow(UnreadableEvent);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow('event 1 (');
  });
});
