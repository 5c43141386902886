/** A sum, or NaN once it is no exact integer; a rule detects that at the end and refuses. */
export function plus(a: number, b: number): number {
  const sum = a + b;
  return Number.isSafeInteger(sum) ? sum : Number.NaN;
}

/** A sum after one of its terms changed. */
export const exchanged = (sum: number, gave: number, gives: number): number => plus(plus(sum, 0 - gave), gives);

export function total(amounts: Iterable<number>): number {
  let sum = 0;
  for (const amount of amounts) sum = plus(sum, amount);
  return sum;
}

/** A sum divided by a count, rounded half up; in integers, because the quotient may not be exact. */
export function roundedQuotient(sum: number, count: number): number {
  const rest = ((sum % count) + count) % count;
  return (sum - rest) / count + (2 * rest >= count ? 1 : 0);
}
