import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AT, context } from './controls.js';
import { chainHash, type Codec, type DomainEvent, GENESIS, isPersonal, keyIdOf, toRecord, unseal } from './envelope.js';
import type { JsonObject, NewEvent } from './event-store.js';
import { envelopeOf, type Origin } from './metadata.js';

const key = { id: 'k-1', secret: randomBytes(32) };
const place = {
  stream: 's-1',
  revision: 0,
  id: '7f0e9f0a-0000-4000-8000-000000000000',
  recorded_at: AT,
  previous_hash: GENESIS,
};
const codecFor = (...personal: string[]): Codec<DomainEvent> => ({
  personal: { Said: personal },
  versions: { Said: 3 },
  upcast: (_t, _v, data) => data,
});
const said = (data: object, origin?: Origin): DomainEvent => ({
  type: 'Said',
  occurred_at: AT,
  data,
  ...(origin && { origin }),
});
const stored = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe('the envelope', () => {
  test('has type, times, actor and causation', () => {
    const asked = { ...context, causation_id: 'c-0', actor: { channel: 'API', key: 'app' } };
    const origin = { source: '/shop', id: '1', sequence: '42' };
    const { event, hash } = toRecord(said({ a: 1 }, origin), asked, place, codecFor());
    expect(event).toEqual({
      id: place.id,
      type: 'Said',
      data: { a: 1 },
      metadata: {
        $causationId: 'c-0',
        $correlationId: 'c-1',
        actor_channel: 'API',
        actor_key: 'app',
        occurred_at: AT,
        origin_id: '1',
        origin_source: '/shop',
        recorded_at: AT,
        schema: '3',
        sequence: '42',
        hash,
      },
    });
    expect(envelopeOf(event)).toEqual({ schema: 3, occurred_at: AT, recorded_at: AT, ...asked, origin, hash });
  });

  test('leaves out unknown fields, and writes every time with nine digits', () => {
    const { event } = toRecord({ ...said({}), occurred_at: '2026-01-02T03:04:05.6789Z' }, context, place, codecFor());
    expect(Object.keys(event.metadata)).toEqual([
      '$correlationId',
      'actor_channel',
      'occurred_at',
      'recorded_at',
      'schema',
      'hash',
    ]);
    expect(event.metadata['occurred_at']).toBe('2026-01-02T03:04:05.678900000Z');
  });

  test('is chained by a hash that needs no key', () => {
    const { event, hash } = toRecord(said({ a: 1 }), context, place, codecFor());
    expect(chainHash(GENESIS, { ...stored(event), stream: 's-1', revision: 0 })).toBe(hash);
    const text =
      '{"data":{"a":1},"id":"7f0e9f0a-0000-4000-8000-000000000000","metadata":{"$correlationId":"c-1","actor_channel":"test",' +
      '"occurred_at":"2026-01-02T03:04:05.678000000Z","recorded_at":"2026-01-02T03:04:05.678000000Z","schema":"3"},' +
      '"revision":0,"stream":"s-1","type":"Said"}';
    expect(hash).toBe(
      createHash('sha256')
        .update(`${'0'.repeat(64)}\n${text}`)
        .digest('hex'),
    );
  });

  test('refuses unknown types, reserved field names, and values that are not JSON', () => {
    expect(() => toRecord({ ...said({}), type: 'constructor' }, context, place, codecFor())).toThrow(
      'event type constructor is unknown',
    );
    for (const name of ['sealed', 'fact_digest'])
      expect(() => toRecord(said({ [name]: 1 }), context, place, codecFor())).toThrow(`a field named ${name}`);
    expect(() => toRecord(said({ at: new Date() }), context, place, codecFor())).toThrow(TypeError);
    expect(() => toRecord(said({ name: 'Jane' }), context, place, codecFor('name'))).toThrow(
      'personal fields need a key',
    );
    expect(() => envelopeOf({ metadata: { schema: '1' } })).toThrow('no envelope');
  });
});

/** Long enough not to stand in a hash or in sealed bytes by chance. */
const DIGEST = 'd1'.repeat(16);

describe('sealing', () => {
  const sealed = (data: object, ...personal: string[]): NewEvent =>
    stored(toRecord(said(data), context, place, codecFor(...personal), key).event);

  test('hides personal fields and leaves the others readable', () => {
    const event = sealed({ name: 'Jane Doe', email: null, count: 3 }, 'name', 'email', 'phone');
    expect(JSON.stringify(event)).not.toContain('Jane');
    expect(event.data).toEqual({ count: 3, sealed: { key: 'k-1', blob: expect.any(String) } });
    expect(keyIdOf(event)).toBe('k-1');
    expect(unseal(event, key.secret)).toEqual({ data: { name: 'Jane Doe', email: null, count: 3 }, erased: false });
  });

  test('hides the digest of a fact, also where nothing else is personal', () => {
    const origin = { source: '/shop', id: '1', digest: DIGEST };
    const told = said({ count: 3 }, origin);
    expect(isPersonal(told, codecFor())).toBe(true);
    const { event } = toRecord(told, context, place, codecFor(), key);
    expect(JSON.stringify(event)).not.toContain(DIGEST);
    expect(event.data).toEqual({ count: 3, sealed: { key: 'k-1', blob: expect.any(String) } });
    expect(unseal(event, key.secret)).toEqual({ data: { count: 3 }, digest: DIGEST, erased: false });
    expect(unseal(event, 'destroyed')).toEqual({ data: { count: 3 }, erased: true });
  });

  test('happens only for personal fields', () => {
    const data = { name: undefined, count: 3 };
    expect(isPersonal(said(data), codecFor('name'))).toBe(false);
    expect(isPersonal(said({ name: null }), codecFor('name'))).toBe(true);
    expect(sealed(data, 'name').data).toEqual({ count: 3 });
    expect(unseal(sealed(data, 'name'), undefined)).toEqual({ data: { count: 3 }, erased: false });
  });

  test('without its key the event has no personal fields; with another, or altered, it cannot be read', () => {
    const event = sealed({ name: 'Jane', count: 3 }, 'name');
    expect(unseal(event, 'destroyed')).toEqual({ data: { count: 3 }, erased: true });
    expect(() => unseal(event, undefined)).toThrow('not in the key store');
    expect(() => unseal(event, randomBytes(32))).toThrow();
    expect(() => unseal({ ...event, id: 'another' }, key.secret)).toThrow();
    expect(() => unseal({ ...event, data: { sealed: { key: 'k-1', blob: 'AAAA' } } }, key.secret)).toThrow();
  });

  test('round-trips any JSON', () => {
    const fields = fc.dictionary(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', 'toString', '1')),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fields, fc.infiniteStream(fc.boolean()), (data, choices) => {
        fc.pre(!Object.hasOwn(data, 'sealed'));
        const personal = Object.keys(data).filter(() => choices.next().value);
        const opened = unseal(sealed(data, ...personal), key.secret).data;
        expect(sortedEntries(opened)).toEqual(sortedEntries(stored(data) as JsonObject));
      }),
    );
  });
});

const sortedEntries = (data: JsonObject): unknown => Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
