import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { backoff_ms, retry, type RetryOptions } from './retry.js';

const BACKOFF = { first_ms: 100, last_ms: 1_000 };
class Away extends Error {}

beforeEach(() => {
  jest.useFakeTimers();
  // no shortening: the longest pause each time
  jest.spyOn(Math, 'random').mockReturnValue(1);
});
afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

/** Fails the given number of times, then succeeds; records the times of the attempts in ms after the first. */
function failing(times: number) {
  const started_ms = performance.now();
  const at: number[] = [];
  const attempt = async (): Promise<string> => {
    at.push(performance.now() - started_ms);
    if (at.length <= times) throw new Away(`failure ${at.length}`);
    return 'done';
  };
  return { at, attempt };
}

/** Starts a retry and lets so much time pass; answers with the result or the error. */
async function outcomeOf(
  attempt: () => Promise<string>,
  options: Partial<RetryOptions>,
  ms = 60_000,
): Promise<unknown> {
  const outcome = retry(attempt, { ...BACKOFF, ...options }).catch((error: unknown) => error);
  await jest.advanceTimersByTimeAsync(ms);
  return outcome;
}

describe('backoff_ms', () => {
  test('doubles from the first pause to the last', () => {
    expect([1, 2, 3, 4, 5, 6].map((failures) => backoff_ms(failures, BACKOFF))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
    expect(backoff_ms(5_000, BACKOFF)).toBe(1_000);
  });

  test('chance shortens it by up to a half', () => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    expect([1, 2, 6].map((failures) => backoff_ms(failures, BACKOFF))).toEqual([50, 100, 500]);
  });

  test('is at least what the other side asks for, up to the last pause, and still differs by chance', () => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    expect([20, 300, 5_000].map((asked_ms) => backoff_ms(1, BACKOFF, asked_ms))).toEqual([50, 300, 1_000]);
    jest.spyOn(Math, 'random').mockReturnValue(1);
    expect(backoff_ms(1, BACKOFF, 300)).toBe(350);
  });
});

describe('retry', () => {
  test('answers at once when the first attempt succeeds', async () => {
    const { at, attempt } = failing(0);
    expect(await outcomeOf(attempt, {})).toBe('done');
    expect(at).toEqual([0]);
  });

  test('repeats after growing pauses until an attempt succeeds, and tells of each failure', async () => {
    const { at, attempt } = failing(3);
    const told: unknown[] = [];
    const onFailure = (error: unknown, failures: number): void => void told.push([(error as Error).message, failures]);
    expect(await outcomeOf(attempt, { onFailure })).toBe('done');
    expect(at).toEqual([0, 100, 300, 700]);
    expect(told).toEqual([
      ['failure 1', 1],
      ['failure 2', 2],
      ['failure 3', 3],
    ]);
  });

  test('throws the last error when the attempts are used up, without another pause', async () => {
    const { at, attempt } = failing(Infinity);
    expect(await outcomeOf(attempt, { attempts_max: 3 })).toEqual(new Away('failure 3'));
    expect(at).toEqual([0, 100, 300]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('begins no attempt after its time, and does not wait in vain', async () => {
    const { at, attempt } = failing(Infinity);
    expect(await outcomeOf(attempt, { ms_max: 699 }, 300)).toEqual(new Away('failure 3'));
    expect(at).toEqual([0, 100, 300]);
  });

  test('throws an error at once that another attempt cannot fix', async () => {
    const { at, attempt } = failing(Infinity);
    const isPassing = (error: unknown): boolean => !(error instanceof Away);
    expect(await outcomeOf(attempt, { isPassing })).toEqual(new Away('failure 1'));
    expect(at).toEqual([0]);
  });

  test('waits as long as the other side asks', async () => {
    const { at, attempt } = failing(1);
    await outcomeOf(attempt, { askedMs: (error) => (error instanceof Away ? 700 : 0) });
    expect(at).toEqual([0, 750]);
  });

  test('an abort ends the pause, and the last error is thrown', async () => {
    const stopping = new AbortController();
    const { at, attempt } = failing(Infinity);
    setTimeout(() => stopping.abort(), 250);
    expect(await outcomeOf(attempt, { signal: stopping.signal }, 250)).toEqual(new Away('failure 2'));
    expect(at).toEqual([0, 100]);
  });

  test('makes no attempt under a signal that has aborted', async () => {
    const { at, attempt } = failing(0);
    expect(await outcomeOf(attempt, { signal: AbortSignal.abort() })).toMatchObject({ name: 'AbortError' });
    expect(at).toEqual([]);
  });
});
