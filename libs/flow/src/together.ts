/** Runs works until the signal aborts or one ends, which ends all. Then throws the error of the first that failed. */
export async function together(
  signal: AbortSignal,
  works: readonly ((until: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const ends = await Promise.allSettled(works.map((run) => run(until).finally(() => over.abort())));
  const failed = ends.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}
