import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { sleep } from './sleep.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** True when a promise has settled once the timers that are due have run. */
async function isSettled(work: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void work.then(() => (settled = true));
  await jest.advanceTimersByTimeAsync(0);
  return settled;
}

describe('sleep', () => {
  test('lasts for the given time', async () => {
    const sleeping = sleep(1_000);
    await jest.advanceTimersByTimeAsync(999);
    expect(await isSettled(sleeping)).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(await isSettled(sleeping)).toBe(true);
  });

  test('ends without an error when the signal aborts, and leaves no timer behind', async () => {
    const stopping = new AbortController();
    const sleeping = sleep(1_000, stopping.signal);
    expect(await isSettled(sleeping)).toBe(false);
    stopping.abort();
    expect(await isSettled(sleeping)).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('does not begin under a signal that has aborted', async () => {
    const sleeping = sleep(1_000, AbortSignal.abort());
    expect(jest.getTimerCount()).toBe(0);
    expect(await isSettled(sleeping)).toBe(true);
  });

  test('leaves no listener on the signal', async () => {
    const { signal } = new AbortController();
    const removed = jest.spyOn(signal, 'removeEventListener');
    void sleep(1_000, signal);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(removed).toHaveBeenCalledTimes(1);
  });
});
