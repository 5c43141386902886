import { expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { MerkleTree } from './merkle.js';

const sha256 = (...parts: (string | Buffer)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

/** The literal definition of RFC 6962, section 2.1. */
function naive(leaves: readonly string[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return sha256(Buffer.from([0]), only);
  let half = 1;
  while (2 * half < leaves.length) half *= 2;
  return sha256(Buffer.from([1]), naive(leaves.slice(0, half)), naive(leaves.slice(half)));
}

const rootOf = (leaves: readonly string[]): string => {
  const tree = new MerkleTree();
  for (const leaf of leaves) tree.add(leaf);
  return tree.root;
};

test('the root matches RFC 6962 for any number of leaves', () => {
  for (let count = 0; count <= 70; count++) {
    const leaves = Array.from({ length: count }, (_, n) => `leaf ${n}`);
    expect(rootOf(leaves)).toBe(naive(leaves).toString('hex'));
  }
});

test('a changed leaf, order or number of leaves changes the root', () => {
  const some = fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 20 });
  fc.assert(
    fc.property(some, fc.nat(), fc.nat(), (leaves, a, b) => {
      const [x, y] = [a % leaves.length, b % leaves.length];
      const root = rootOf(leaves);
      expect(rootOf(leaves.with(x, `${leaves[x]}!`))).not.toBe(root);
      expect(rootOf(leaves.toSpliced(x, 1))).not.toBe(root);
      expect(rootOf(leaves.toSpliced(x, 0, 'one more'))).not.toBe(root);
      if (x !== y) expect(rootOf(leaves.with(x, leaves[y] ?? '').with(y, leaves[x] ?? ''))).not.toBe(root);
    }),
  );
});
