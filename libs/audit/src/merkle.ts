import { createHash } from 'node:crypto';

/*
 * The tree of RFC 6962: leaves and nodes have different prefixes, so that neither can pass for the other; the left side of a
 * node is the largest power of two that leaves something for the right.
 */

const sha256 = (...parts: readonly (Buffer | string)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

const leafHash = (text: string): Buffer => sha256(LEAF, text);
const nodeHash = (left: Buffer, right: Buffer): Buffer => sha256(NODE, left, right);

/** Takes leaves one by one, in memory proportional to the height of the tree. */
export class MerkleTree {
  /** Roots of complete trees, from the largest to the smallest. */
  private readonly roots: { readonly leaves: number; readonly hash: Buffer }[] = [];

  add(text: string): void {
    let last = { leaves: 1, hash: leafHash(text) };
    for (let before = this.roots.at(-1); before?.leaves === last.leaves; before = this.roots.at(-1)) {
      this.roots.pop();
      last = { leaves: 2 * last.leaves, hash: nodeHash(before.hash, last.hash) };
    }
    this.roots.push(last);
  }

  /** The root of all leaves so far, in hex; without leaves the hash of nothing. */
  get root(): string {
    const [last, ...larger] = this.roots.map(({ hash }) => hash).reverse();
    if (last === undefined) return sha256().toString('hex');
    return larger.reduce((right, left) => nodeHash(left, right), last).toString('hex');
  }
}
