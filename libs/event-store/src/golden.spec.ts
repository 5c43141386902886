import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Added, codec } from './controls.js';
import { type Decoded, Decoder } from './decoder.js';
import { GENESIS, toRecord } from './envelope.js';
import type { RecordedEvent } from './event-store.js';
import { envelopeOf } from './metadata.js';
import { verifyStream } from './verify.js';

/* A chain in every format that metadata ever had. These files are only ever added. */

interface Golden {
  readonly keys: { readonly [id: string]: string };
  readonly events: readonly (Omit<RecordedEvent, 'position'> & { readonly position: string })[];
}

const directory = join(import.meta.dirname, 'golden');
const files = readdirSync(directory).sort();

function golden(file: string): { readonly events: RecordedEvent[]; readonly decoder: Decoder<Added> } {
  const { keys, events } = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Golden;
  const secrets = new Map(Object.entries(keys).map(([id, text]) => [id, Buffer.from(text, 'base64')]));
  return {
    events: events.map((event) => ({ ...event, position: BigInt(event.position) })),
    decoder: new Decoder(codec, { load: async () => secrets }),
  };
}

const told = ({ event, envelope: { hash: _, ...envelope } }: Decoded<Added>): object => ({ event, envelope });

const origin = { source: '/shop', id: 'order-7' };
const shop = {
  correlation_id: 'req-1',
  causation_id: '0b9b7c1e-5b0a-4a57-9c3e-2f6f0c7b1a11',
  actor: { channel: 'API', key: 'shop' },
};
const inside = { correlation_id: 'req-2', actor: { channel: 'INTERNAL' } };
const expected = [
  {
    event: { type: 'Added', occurred_at: '2024-05-01T10:00:00.000000000Z', data: { n: 1 }, origin },
    envelope: {
      ...{ ...shop, origin, schema: 2 },
      occurred_at: '2024-05-01T10:00:00.000000000Z',
      recorded_at: '2024-05-01T10:00:01.250000000Z',
    },
  },
  {
    event: { type: 'Added', occurred_at: '2024-05-02T10:00:00.123000000Z', data: { n: 2, note: 'Jane' } },
    envelope: {
      ...{ ...inside, schema: 2 },
      occurred_at: '2024-05-02T10:00:00.123000000Z',
      recorded_at: '2024-05-02T10:00:00.123000000Z',
    },
  },
  {
    event: { type: 'Added', occurred_at: '2024-04-30T10:00:00.000000000Z', data: { n: 3, note: 'Doe' }, origin },
    envelope: {
      ...{ ...shop, origin, schema: 2 },
      occurred_at: '2024-04-30T10:00:00.000000000Z',
      recorded_at: '2024-05-03T00:00:00.000000000Z',
    },
  },
];

describe.each(files)('%s', (file) => {
  const { events, decoder } = golden(file);

  test('decodes to the recorded events', async () => {
    const decoded = await decoder.decode(events);
    expect(decoded.slice(0, expected.length).map(told)).toEqual(expected);
  });

  test('is a sound chain, and any change of metadata breaks it', async () => {
    expect(await verifyStream(events)).toMatchObject({ valid: true, events: events.length });
    for (const [revision, event] of events.entries()) {
      for (const field of Object.keys(event.metadata)) {
        const altered = { ...event, metadata: { ...event.metadata, [field]: 'other' } };
        expect(await verifyStream(events.with(revision, altered))).toMatchObject({ first_bad: { revision } });
      }
    }
  });
});

test('cover every format', () => {
  expect(files).toEqual(['envelope.1.json', 'envelope.2.json']);
});

test('format 2 adds the sequence of a fact, nine digits and the sealed digest', async () => {
  const { events, decoder } = golden('envelope.2.json');
  const [last] = (await decoder.decode(events)).slice(expected.length);
  const digest = '0123456789abcdef0123456789abcdef';
  const occurred_at = '2024-04-30T10:00:00.000000001Z';
  expect(last).toMatchObject({
    event: { occurred_at, data: { n: 4 }, origin: { ...origin, sequence: '12', digest } },
    envelope: { occurred_at, origin: { ...origin, sequence: '12' } },
  });
  expect(JSON.stringify(last?.recorded.data)).not.toContain(digest);
});

test('format 2 is the one written today', async () => {
  const { events, decoder } = golden('envelope.2.json');
  const [first] = await decoder.decode(events);
  const { stream, revision, id, type, data, metadata } = events[0]!;
  const { recorded_at } = envelopeOf(events[0]!);
  const place = { stream, revision, id, recorded_at, previous_hash: GENESIS };
  expect(toRecord(first!.event, shop, place, codec).event).toEqual({ id, type, data, metadata });
});
