/** A JSON Pointer (RFC 6901) into a document: `/summary/orders/total_amount`. */
export type Path = string;

/** A value without members: a text, a number, a flag, null, or an empty object or list. */
export type Leaf = readonly [path: Path, value: unknown];

export interface Difference {
  readonly path: Path;
  /** Absent when the path is new. */
  readonly from?: unknown;
  readonly to?: unknown;
}

export const pointer = (keys: readonly string[]): Path =>
  keys.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** All leaves of a document, in the order of its members. */
export function* leaves(value: unknown, path: Path = ''): Generator<Leaf> {
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (members.length === 0) yield [path, value];
  for (const [key, member] of members) yield* leaves(member, path + pointer([key]));
}

/** The leaves in which two documents differ; an undefined document has none. */
export const differences = (before: unknown, after: unknown): Difference[] => comparison(before)(after);

/** Compares each document with the one before it. */
export function comparison(first: unknown): (next: unknown) => Difference[] {
  let from = leavesOf(first);
  return (next) => {
    const [before, after] = [from, leavesOf(next)];
    from = after;
    const found: Difference[] = [];
    for (const [path, value] of before) {
      const isThere = after.has(path);
      if (!isThere || !isSameLeaf(value, after.get(path)))
        found.push({ path, from: value, ...(isThere && { to: after.get(path) }) });
    }
    for (const [path, value] of after) if (!before.has(path)) found.push({ path, to: value });
    return found;
  };
}

const leavesOf = (document: unknown): Map<Path, unknown> => new Map(document === undefined ? [] : leaves(document));

/** True for equal leaves. Leaves that are objects are empty, so only list and object differ. */
const isSameLeaf = (a: unknown, b: unknown): boolean =>
  typeof a === 'object' && typeof b === 'object' && a !== null && b !== null
    ? Array.isArray(a) === Array.isArray(b)
    : a === b;
