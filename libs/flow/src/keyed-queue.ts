import type { Limiter } from './limiter.js';

/** `next`: the next item of the key may come. `stop`: the key ends here, other keys go on. */
export type Step = 'next' | 'stop';

/**
 * Takes items of one key one after the other, in their order, and different keys side by side, as far as the limiter lets
 * them. A failure ends its own key; the first one is thrown when all keys have ended.
 */
export async function takeByKey<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  limiter: Limiter,
  take: (item: T) => Promise<Step>,
): Promise<void> {
  const queues = new Map<string, T[]>();
  for (const item of items) {
    const queue = queues.get(keyOf(item));
    if (queue) queue.push(item);
    else queues.set(keyOf(item), [item]);
  }
  const run = async (queue: readonly T[]): Promise<void> => {
    for (const item of queue) if ((await limiter.run(() => take(item))) === 'stop') return;
  };
  const failed = (await Promise.allSettled([...queues.values()].map(run))).find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}
