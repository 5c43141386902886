import { describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Limiter } from '#flow';
import { PartitionWork, type Workshop } from './partition-work.js';
import type { PlacedRecord, RecordBody } from './record.js';
import type { FactHandler } from './verdict.js';

const DONE = { kind: 'done' } as const;

const record = (offset: number, key: string): PlacedRecord => ({
  topic: 'facts',
  partition: 0,
  offset: String(offset),
  timestamp: '0',
  key: Buffer.from(key),
  value: Buffer.from('{}'),
  headers: {},
});
const silent = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

function workshop(handler: FactHandler, changes: Partial<Workshop> = {}): Workshop & { letters: RecordBody[] } {
  const letters: RecordBody[] = [];
  return {
    handler,
    handler_timeout_ms: 1_000,
    group: 'group',
    limiter: new Limiter(8),
    isPermanent: () => false,
    sendDeadLetter: async (letter) => void letters.push(letter),
    onRecord: () => undefined,
    log: silent,
    ...changes,
    letters,
  };
}
const always = (): boolean => true;

describe('the work on a partition', () => {
  test('keeps the order of a key and runs keys side by side, within the limit', async () => {
    const began: string[] = [];
    let now = 0;
    let most = 0;
    const shop = workshop(
      async (_fact, { offset }) => {
        most = Math.max(most, ++now);
        began.push(offset);
        await sleep(Number(offset) % 3);
        now -= 1;
        return DONE;
      },
      { limiter: new Limiter(4) },
    );
    const records = Array.from({ length: 100 }, (_, n) => record(n, `key-${n % 10}`));
    await new PartitionWork(shop).take(records, always);
    expect(most).toBe(4);
    for (let key = 0; key < 10; key++) {
      const own = began.filter((offset) => Number(offset) % 10 === key).map(Number);
      expect(own).toEqual([...own].sort((one, other) => one - other));
      expect(own).toHaveLength(10);
    }
  });

  test('a failure ends its lane only, and finished records behind a gap do not count', async () => {
    const seen: string[] = [];
    let isDown = true;
    const shop = workshop(async (_fact, { offset }) => {
      seen.push(offset);
      if (offset === '2' && isDown) throw new Error('away');
      return DONE;
    });
    const work = new PartitionWork(shop);
    const records = [record(0, 'a'), record(1, 'b'), record(2, 'c'), record(3, 'c'), record(4, 'a')];
    expect(await work.take(records, always)).toBe(true);
    expect(seen).toEqual(['0', '1', '2', '4']);
    expect(work.finishedPrefix(records)).toBe(2);
    isDown = false;
    // records that finished behind the gap are not handled again
    expect(await work.take(records.slice(2), always)).toBe(false);
    expect(seen.slice(4)).toEqual(['2', '3']);
    expect(work.finishedPrefix(records.slice(2))).toBe(3);
    expect(shop.letters).toEqual([]);
  });

  test('a refused record becomes a dead letter with its attempts, and stays when that fails', async () => {
    let isAway = true;
    const shop = workshop(async () => ({ kind: 'refused', error_class: 'Rejection', message: 'no' }), {
      sendDeadLetter: async (letter) => {
        if (isAway) throw new Error('no broker');
        shop.letters.push(letter);
      },
    });
    const work = new PartitionWork(shop);
    const records = [record(0, 'a')];
    expect(await work.take(records, always)).toBe(true);
    expect(work.finishedPrefix(records)).toBe(0);
    isAway = false;
    expect(await work.take(records, always)).toBe(false);
    expect(work.finishedPrefix(records)).toBe(1);
    expect(shop.letters).toHaveLength(1);
    expect(shop.letters[0]?.headers).toMatchObject({ 'x-error-class': 'Rejection', 'x-attempts': '2' });
  });

  test('a permanent error makes a dead letter, others do not', async () => {
    const shop = workshop(
      async (_fact, { offset }) => {
        throw offset === '0' ? new RangeError('a bug') : new Error('away');
      },
      { isPermanent: (error) => error instanceof RangeError },
    );
    const work = new PartitionWork(shop);
    const records = [record(0, 'a'), record(1, 'b')];
    expect(await work.take(records, always)).toBe(true);
    expect(work.finishedPrefix(records)).toBe(1);
    expect(shop.letters.map(({ headers }) => headers['x-error-class'])).toEqual(['RangeError']);
  });

  test('a handler that hangs counts as a temporary failure', async () => {
    const shop = workshop(() => new Promise(() => undefined), { handler_timeout_ms: 20 });
    const work = new PartitionWork(shop);
    expect(await work.take([record(0, 'a')], always)).toBe(true);
  });

  test('many failures stop the round, and nothing begins once the partition is lost', async () => {
    let calls = 0;
    const shop = workshop(async () => {
      calls += 1;
      throw new Error('away');
    });
    const records = Array.from({ length: 500 }, (_, n) => record(n, `key-${n}`));
    await new PartitionWork(shop).take(records, always);
    expect(calls).toBeLessThanOrEqual(8 + 8);
    calls = 0;
    await new PartitionWork(shop).take(records, () => false);
    expect(calls).toBe(0);
  });
});
