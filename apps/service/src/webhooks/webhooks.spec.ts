import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isPublic } from './addresses.js';
import { RETRY_AT_MIN, retryAt } from './retries.js';
import { deliveryId, signatureOf } from './signature.js';

describe('addresses', () => {
  test.each([
    ...['8.8.8.8', '1.1.1.1', '93.184.216.34', '172.15.255.255', '172.32.0.0', '100.63.255.255', '100.128.0.0'],
    ...['169.253.255.255', '192.167.255.255', '198.17.255.255', '198.20.0.0', '223.255.255.255', '126.255.255.255'],
    ...['2606:4700:4700::1111', '2a00:1450:4001:81b::200e', '2001:4860:4860::8888'],
  ])('%s is of the open internet', (address) => expect(isPublic(address)).toBe(true));

  test.each([
    ...['127.0.0.1', '127.255.255.255', '10.0.0.1', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.1'],
    ...['169.254.169.254', '100.64.0.0', '100.127.255.255', '0.0.0.0', '0.1.2.3', '192.0.0.8', '198.18.0.1'],
    ...['198.19.255.255', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '192.0.2.1', '203.0.113.9'],
    ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'febf::1', 'fec0::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1'],
    ...['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:a00:1', '::ffff:8.8.8.8', '::ffff:0:127.0.0.1', '::127.0.0.1'],
    ...['64:ff9b::7f00:1', '64:ff9b:1::1', '2002:7f00:1::', '2001:0:4136:e378::1', '2001:db8::1', '3fff::1', '100::1'],
    ...['', 'localhost', '127.1', '2130706433', '0x7f.1', '[::1]', '::1]', '8.8.8.8/8', '256.1.1.1'],
  ])('%s is not', (address) => expect(isPublic(address)).toBe(false));

  test('every address of a private network is refused, also inside IPv6', () => {
    const private4 = fc.constantFrom<[number, number, number]>(
      [0x0a000000, 24, 0],
      [0xac100000, 20, 0],
      [0xc0a80000, 16, 0],
      [0x7f000000, 24, 0],
      [0xa9fe0000, 16, 0],
      [0x64400000, 22, 0],
    );
    fc.assert(
      fc.property(private4, fc.integer({ min: 0 }), ([network, bits], host) => {
        const number = (network + (host % 2 ** bits)) >>> 0;
        const dotted = [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
        expect([dotted, `::ffff:${dotted}`, `::${dotted}`, `64:ff9b::${dotted}`].filter(isPublic)).toEqual([]);
      }),
    );
  });
});

describe('signature', () => {
  test('is the hex HMAC-SHA256 of the exact bytes', () => {
    // RFC 4231, test case 2
    const known = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    expect(signatureOf('Jefe', 'what do ya want for nothing?')).toBe(known);
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'grapheme' }), (secret, body) => {
        const bytes = createHmac('sha256', Buffer.from(secret)).update(Buffer.from(body)).digest('hex');
        expect(signatureOf(secret, body)).toBe(bytes);
      }),
    );
  });

  test('each delivery has a unique, stable id', () => {
    expect(deliveryId('wh_1', 'evcus_1')).toBe(deliveryId('wh_1', 'evcus_1'));
    expect(deliveryId('wh_1', 'evcus_1')).toMatch(/^whs_[0-9a-f]{18}$/);
    expect(new Set([deliveryId('a', 'b'), deliveryId('b', 'a'), deliveryId('a', 'a')]).size).toBe(3);
  });
});

describe('retries', () => {
  const minutes = (ms: number | undefined): number => (ms ?? NaN) / 60_000;

  test('twelve over a day, doubling from a minute to 17 h 4 min', () => {
    expect(RETRY_AT_MIN).toHaveLength(12);
    let now_ms = 0;
    const at = RETRY_AT_MIN.map((_, n) => {
      now_ms = retryAt({ first_ms: 0, now_ms, attempts: n + 1, chance: 0 }) ?? NaN;
      return minutes(now_ms);
    });
    expect(at).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 17 * 60 + 4, 24 * 60]);
    expect(retryAt({ first_ms: 0, now_ms, attempts: 13, chance: 0 })).toBeUndefined();
  });

  test('with any jitter and delay retries are in order, nearly a minute apart, and within a day', () => {
    const chances = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(chances, fc.nat(10_000), (all, late_ms) => {
        let now_ms = 0;
        for (const [n, chance] of all.entries()) {
          const next_ms = retryAt({ first_ms: 0, now_ms, attempts: n + 1, chance }) ?? NaN;
          expect(next_ms - now_ms).toBeGreaterThanOrEqual(0.9 * 60_000 - 1);
          expect(minutes(next_ms)).toBeLessThanOrEqual(24 * 60 + 1);
          now_ms = next_ms + late_ms;
        }
      }),
    );
  });

  test('after a long downtime the remaining attempts are not used up at once', () => {
    const now_ms = 7 * 24 * 3_600_000;
    expect(minutes((retryAt({ first_ms: 0, now_ms, attempts: 3, chance: 0 }) ?? NaN) - now_ms)).toBe(1);
  });
});
