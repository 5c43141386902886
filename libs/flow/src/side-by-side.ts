/**
 * Takes items as they come, `count` at a time. After a failure no other item begins, and the error is thrown once the
 * items under way have ended.
 */
export async function sideBySide<T>(
  items: Iterable<T> | AsyncIterable<T>,
  count: number,
  take: (item: T) => Promise<void>,
): Promise<void> {
  const source = fromEither(items);
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    try {
      for (let next = await source.next(); !next.done && !hasFailed; next = await source.next()) await take(next.value);
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: count }, worker));
  await source.return(undefined);
  const failed = outcomes.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}

async function* fromEither<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void> {
  yield* items;
}
