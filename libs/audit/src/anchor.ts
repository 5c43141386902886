import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { canonical } from '#encoding';
import type { ChainHead, StreamName } from '#event-store';
import { MerkleTree } from './merkle.js';

const FORMAT = 'customer-ledger/anchor';
const VERSION = 1;

/** The signed statement: the whole store up to a position in one hash. */
interface Statement {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
  /** Identity of the event store. */
  readonly store: string;
  readonly position: string;
  readonly streams: number;
  readonly events: number;
  /** The root of the Merkle tree (RFC 6962, SHA-256) over the canonical JSON of all heads, sorted by name. */
  readonly root: string;
  readonly made_at: string;
  /** Ed25519, SPKI in base64. */
  readonly public_key: string;
}

export interface AnchorHeader extends Statement {
  /** Ed25519 over the canonical JSON of the rest, in base64. */
  readonly signature: string;
}

/** The end of one stream. */
export interface AnchoredHead extends ChainHead {
  readonly stream: StreamName;
}

/** A stream that no longer matches the anchor. */
export interface AnchorFinding {
  readonly stream: StreamName;
  /**
   * missing: nothing of it is left. truncated: its end is cut off. rewritten: another history has taken its place. grown, unknown:
   * events were inserted at positions before the anchor.
   */
  readonly reason: 'missing' | 'truncated' | 'rewritten' | 'grown' | 'unknown';
  readonly anchored?: ChainHead;
  readonly found?: ChainHead;
}

export type Heads = ReadonlyMap<StreamName, ChainHead>;

export interface AnchorPlace {
  readonly store: string;
  readonly position: bigint;
  readonly events: number;
  readonly made_at: string;
}

/** The heads in hash order. */
export const sortedHeads = (heads: Heads): AnchoredHead[] =>
  Array.from(heads, ([stream, { revision, hash }]) => ({ stream, revision, hash })).sort((a, b) =>
    a.stream < b.stream ? -1 : 1,
  );

export function rootOf(heads: Iterable<AnchoredHead>): string {
  const tree = new MerkleTree();
  for (const { stream, revision, hash } of heads) tree.add(canonical({ stream, revision, hash }));
  return tree.root;
}

/** Signs the heads of a store at a position with an Ed25519 key that is stored apart from the store. */
export function makeAnchor(heads: Heads, { position, ...place }: AnchorPlace, key: KeyObject): AnchorHeader {
  const statement: Statement = {
    format: FORMAT,
    version: VERSION,
    ...place,
    position: String(position),
    streams: heads.size,
    root: rootOf(sortedHeads(heads)),
    public_key: publicText(createPublicKey(key)),
  };
  return { ...statement, signature: sign(null, Buffer.from(canonical(statement)), key).toString('base64') };
}

/** True for a valid signature by the key that the header names, or by `by` if given. */
export function isSigned(header: AnchorHeader, by?: KeyObject): boolean {
  const { signature, ...statement } = header;
  if (header.format !== FORMAT || (by && publicText(by) !== header.public_key)) return false;
  const key = keyOf(header.public_key);
  return key !== undefined && verify(null, Buffer.from(canonical(statement)), key, Buffer.from(signature, 'base64'));
}

const publicText = (key: KeyObject): string => key.export({ format: 'der', type: 'spki' }).toString('base64');

/** Undefined for a malformed key. */
function keyOf(text: string): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

/** The streams that changed: the heads of an anchor against those of the store at the same position. */
export function compareHeads(anchored: Iterable<AnchoredHead>, found: Heads): AnchorFinding[] {
  const findings: AnchorFinding[] = [];
  const known = new Set<StreamName>();
  for (const { stream, revision, hash } of anchored) {
    known.add(stream);
    const now = found.get(stream);
    const reason = faultOf({ revision, hash }, now);
    if (reason) findings.push({ stream, reason, anchored: { revision, hash }, ...(now && { found: now }) });
  }
  for (const [stream, now] of found) if (!known.has(stream)) findings.push({ stream, reason: 'unknown', found: now });
  return findings;
}

function faultOf(then: ChainHead, now: ChainHead | undefined): AnchorFinding['reason'] | undefined {
  if (now === undefined) return 'missing';
  if (now.revision !== then.revision) return now.revision < then.revision ? 'truncated' : 'grown';
  return now.hash === then.hash ? undefined : 'rewritten';
}
