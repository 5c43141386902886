import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { DeadlineExceeded, inTime, within } from './deadline.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const after = <T>(ms: number, value: T): Promise<T> => new Promise((resolve) => setTimeout(() => resolve(value), ms));
const failsAfter = (ms: number): Promise<never> =>
  new Promise((_, reject) => setTimeout(() => reject(new RangeError('away')), ms));

describe('within', () => {
  test('gives the result, and leaves no timer behind', async () => {
    const work = within(1_000, 'Asking', after(999, 'yes'));
    await jest.advanceTimersByTimeAsync(999);
    await expect(work).resolves.toBe('yes');
    expect(jest.getTimerCount()).toBe(0);
  });

  test('throws DeadlineExceeded with the name of the work', async () => {
    const work = expect(within(1_000, 'Asking', after(1_001, 'yes'))).rejects.toThrow(
      new DeadlineExceeded('Asking', 1_000),
    );
    await jest.advanceTimersByTimeAsync(1_000);
    await work;
    expect(new DeadlineExceeded('Asking', 1_000).message).toBe('Asking took longer than 1000 ms');
  });

  test('throws the error of the work', async () => {
    const work = expect(within(1_000, 'Asking', failsAfter(10))).rejects.toThrow(RangeError);
    await jest.advanceTimersByTimeAsync(10);
    await work;
  });

  test('ignores a failure after the deadline', async () => {
    const work = expect(within(1_000, 'Asking', failsAfter(2_000))).rejects.toThrow(DeadlineExceeded);
    // a rejection that nothing handles would fail the test
    await jest.advanceTimersByTimeAsync(3_000);
    await work;
  });
});

describe('inTime', () => {
  test('gives the result, and leaves no timer behind', async () => {
    const work = inTime(1_000, after(999, 'yes'));
    await jest.advanceTimersByTimeAsync(999);
    await expect(work).resolves.toBe('yes');
    expect(jest.getTimerCount()).toBe(0);
  });

  test('gives undefined at the deadline, and ignores a failure after it', async () => {
    const work = inTime(1_000, failsAfter(2_000));
    await jest.advanceTimersByTimeAsync(3_000);
    await expect(work).resolves.toBeUndefined();
  });

  test('throws the error of the work', async () => {
    const work = expect(inTime(1_000, failsAfter(10))).rejects.toThrow(RangeError);
    await jest.advanceTimersByTimeAsync(10);
    await work;
  });
});
