import { describe, expect, test } from '@jest/globals';
import { together } from './together.js';

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

describe('together', () => {
  test('runs until the signal aborts', async () => {
    const stopping = new AbortController();
    const ended: string[] = [];
    const running = together(
      stopping.signal,
      ['one', 'other'].map((name) => async (until) => {
        await aborted(until);
        ended.push(name);
      }),
    );
    stopping.abort();
    await running;
    expect(ended).toEqual(['one', 'other']);
  });

  test('the failure of one ends the others, and is thrown when all have ended', async () => {
    let hasEnded = false;
    const running = together(new AbortController().signal, [
      () => Promise.reject(new Error('broken')),
      async (until) => {
        await aborted(until);
        hasEnded = true;
      },
    ]);
    await expect(running).rejects.toThrow('broken');
    expect(hasEnded).toBe(true);
  });
});
