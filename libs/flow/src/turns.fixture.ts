import { setImmediate } from 'node:timers/promises';

/** The calls of `note` by `work` in each turn of the event loop, without the turns that had none. */
export async function countsByTurn(work: (note: () => void) => Promise<unknown>): Promise<number[]> {
  const counts: number[] = [];
  let [count, isDone] = [0, false];
  const counting = (async () => {
    while (!isDone) {
      await setImmediate();
      counts.push(count);
      count = 0;
    }
  })();
  await work(() => (count += 1));
  isDone = true;
  await counting;
  return counts.filter((one) => one > 0);
}
