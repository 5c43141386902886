import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { customer, type CustomerEvent, eventTypes } from './customer.js';
import { toDocument } from './document.js';
import { nine } from './instant.js';
import { upcast, versions } from './versions.js';

/* Every version of every event ever written, as it was written. These files are only ever added. */

interface Golden {
  readonly type: CustomerEvent['type'];
  readonly version: number;
  readonly occurred_at: string;
  readonly data: object;
  /** The customer after a plain creation and this event; null when the event removes it. */
  readonly document: object | null;
}

const directory = join(import.meta.dirname, 'golden');
const files = readdirSync(directory).sort();
const read = (file: string): Golden => JSON.parse(readFileSync(join(directory, file), 'utf8')) as Golden;
const created: CustomerEvent = {
  type: 'CustomerCreated',
  occurred_at: '2024-01-01T00:00:00.000000000Z',
  data: { created_at: '2024-01-01T00:00:00.000000000Z' },
};

describe('golden events', () => {
  test('there is one of every type and version, named after its content', () => {
    const expected = eventTypes.flatMap((type) =>
      Array.from({ length: versions[type] ?? 0 }, (_, n) => `${type}.${n + 1}.json`),
    );
    expect(files).toEqual(expected.sort());
    for (const file of files) expect(`${read(file).type}.${read(file).version}.json`).toBe(file);
  });

  test.each(files)('%s can still be read, folded and rendered', (file) => {
    const { type, version, occurred_at, data, document } = read(file);
    const event = { type, occurred_at: nine(occurred_at), data: upcast(type, version, data) } as CustomerEvent;
    const state = customer.evolve(customer.evolve(customer.initial, created), event);
    const rendered: unknown =
      state.status === 'active' ? JSON.parse(JSON.stringify(toDocument('cust_golden', state))) : null;
    expect(rendered).toEqual(document);
  });

  test('data that version 0.1.0 left implicit is made explicit', () => {
    const origin = { source: '/shop', id: '1' };
    const placed = (data: object, from: object) => upcast('OrderPlaced', 1, { id: 'o', ...data }, from);
    expect(placed({}, { origin })).toEqual({ id: 'o', told_as: 'updated' });
    expect(placed({ status: 'CREATED' }, { origin })).toEqual({ id: 'o', status: 'CREATED' });
    expect(placed({}, {})).toEqual({ id: 'o' });
    const credited = { campaign: { id: 'c' }, referee_id: 'me' };
    expect(upcast('ReferralCredited', 1, credited, { stream: 'customer-me' })).toEqual({ ...credited, given: false });
    expect(upcast('ReferralCredited', 1, credited, { stream: 'customer-you' })).toEqual(credited);
  });

  test('an unknown type or version is refused', () => {
    expect(() => upcast('CustomerRenamed', 1, {})).toThrow(/not known/);
    expect(() => upcast('__proto__', 1, {})).toThrow(/not known/);
    expect(() => upcast('OrderPlaced', (versions['OrderPlaced'] ?? 0) + 1, {})).toThrow(/not known/);
    expect(() => upcast('OrderPlaced', 0, {})).toThrow(/not known/);
  });
});
