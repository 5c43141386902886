/** An immutable map: `set` shares all but one path with the former map, so its cost does not grow with the size. */
export class Trie<Value> {
  private static readonly none = new Trie<never>({ leaf: [] }, 0);

  private constructor(
    private readonly root: Node<Value>,
    readonly size: number,
  ) {}

  static empty<Value>(): Trie<Value> {
    return Trie.none;
  }

  get(id: string): Value | undefined {
    return find(this.root, id)?.[1];
  }

  set(id: string, value: Value): Trie<Value> {
    const added = find(this.root, id) === undefined ? 1 : 0;
    return new Trie(put(this.root, hash(id), 0, [id, value]), this.size + added);
  }

  entries(): Iterable<readonly [id: string, value: Value]> {
    return walk(this.root);
  }
}

/* A hash trie: 32 ways a level, small leaves. */
type Entry<Value> = readonly [id: string, value: Value];
type Node<Value> =
  { readonly leaf: readonly Entry<Value>[] } | { readonly branch: readonly (Node<Value> | undefined)[] };

const BITS = 5;
const WAYS = 1 << BITS;
const LEAF_MAX = 8;
const SHIFT_MAX = 30;

const way = (hashed: number, shift: number): number => (hashed >>> shift) & (WAYS - 1);

function find<Value>(root: Node<Value>, id: string): Entry<Value> | undefined {
  const hashed = hash(id);
  let node: Node<Value> | undefined = root;
  for (let shift = 0; node && 'branch' in node; shift += BITS) node = node.branch[way(hashed, shift)];
  return node?.leaf.find(([known]) => known === id);
}

function put<Value>(node: Node<Value>, hashed: number, shift: number, entry: Entry<Value>): Node<Value> {
  if ('branch' in node) {
    const at = way(hashed, shift);
    return { branch: node.branch.with(at, put(node.branch[at] ?? { leaf: [] }, hashed, shift + BITS, entry)) };
  }
  const known = node.leaf.findIndex(([id]) => id === entry[0]);
  const leaf = known < 0 ? [...node.leaf, entry] : node.leaf.with(known, entry);
  return leaf.length <= LEAF_MAX || shift >= SHIFT_MAX ? { leaf } : split(leaf, shift);
}

function split<Value>(entries: readonly Entry<Value>[], shift: number): Node<Value> {
  const branch: Node<Value> = { branch: new Array<undefined>(WAYS).fill(undefined) };
  return entries.reduce<Node<Value>>((node, entry) => put(node, hash(entry[0]), shift, entry), branch);
}

function* walk<Value>(node: Node<Value>): Generator<Entry<Value>> {
  if ('leaf' in node) yield* node.leaf;
  else for (const child of node.branch) if (child) yield* walk(child);
}

/** FNV-1a. */
export function hash(text: string, basis = 0x811c9dc5): number {
  let hashed = basis;
  for (let at = 0; at < text.length; at++) hashed = Math.imul(hashed ^ text.charCodeAt(at), 0x01000193);
  return hashed >>> 0;
}
