import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CockpitTokens } from './tokens.js';

const tokens = new CockpitTokens(Buffer.alloc(32, 1));
const validity = { now_ms: 1_000, ttl_ms: 500 };
const id = fc.string({ unit: 'binary', minLength: 1, maxLength: 255 });

test('a link opens for as long as it is valid, on every instance under the same master key', () =>
  fc.assert(
    fc.property(id, fc.integer({ min: 0, max: 2_000 }), (customer_id, now_ms) => {
      const opened = new CockpitTokens(Buffer.alloc(32, 1)).openLink(tokens.link(customer_id, validity), now_ms);
      expect(opened).toEqual(now_ms < 1_500 ? { customer_id, issued_at_ms: 1_000, expires_at_ms: 1_500 } : undefined);
    }),
  ));

test('any other text opens nothing', () => {
  for (const token of [undefined, null, 1, '', {}, ['x'], 'x'.repeat(60), 'x'.repeat(100_000), '=/+'.repeat(20)])
    expect(tokens.openLink(token, 1_000)).toBeUndefined();
  const foreign = new CockpitTokens(Buffer.alloc(32, 2)).link('cust_1', validity);
  expect(tokens.openLink(foreign, 1_000)).toBeUndefined();
});

test('a token with one flipped bit opens nothing, wherever the bit is', () =>
  fc.assert(
    fc.property(id, fc.nat(), fc.integer({ min: 0, max: 7 }), (customer_id, place, bit) => {
      const bytes = Buffer.from(tokens.link(customer_id, validity), 'base64url');
      const at = place % bytes.length;
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
      expect(tokens.openLink(bytes.toString('base64url'), 1_000)).toBeUndefined();
    }),
  ));

test('a truncated token opens nothing, at every length', () => {
  const link = tokens.link('cust_1', validity);
  for (let length = 0; length < link.length; length++)
    expect(tokens.openLink(link.slice(0, length), 1_000)).toBeUndefined();
});

test('a form token opens only with the link of its page', () => {
  const [mine, other] = [tokens.link('cust_1', validity), tokens.link('cust_1', validity)];
  const form = tokens.form('cust_1', mine, validity);
  expect(tokens.openForm(form, mine, 1_000)?.customer_id).toBe('cust_1');
  expect(tokens.openForm(form, mine, 1_500)).toBeUndefined();
  expect(tokens.openForm(form, other, 1_000)).toBeUndefined();
  expect(tokens.openForm(mine, mine, 1_000)).toBeUndefined();
  expect(tokens.openLink(form, 1_000)).toBeUndefined();
});
