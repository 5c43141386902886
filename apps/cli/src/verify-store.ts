import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type AnchorFinding, type BadRecord, compareHeads, isSigned, rootOf, sortedHeads } from '#audit';
import type { StoreOptions } from './adapters.js';
import { fingerprint } from './anchor.js';
import { type AnchorFile, readAnchor } from './anchor-file.js';
import { Complaint } from './complaint.js';
import { walkStore, withStore } from './store.js';
import { paint, plain } from './terminal.js';

export interface VerifyStoreOptions extends StoreOptions {
  readonly anchor?: string;
  readonly publicKey?: string;
  readonly json?: boolean;
}

interface StoreVerdict {
  readonly valid: boolean;
  readonly store: string;
  readonly events: number;
  readonly streams: number;
  readonly bad_total: number;
  readonly bad: readonly BadRecord[];
  readonly anchor?: AnchorVerdict;
}

interface AnchorVerdict {
  readonly made_at: string;
  readonly position: string;
  /** SHA-256 of the signing key. */
  readonly signed_by: string;
  readonly is_signed: boolean;
  /** True for the same store and the same root over its heads at that position. */
  readonly is_same: boolean;
  readonly findings: readonly AnchorFinding[];
}

/** Recomputes every chain of a store, and compares it with an anchor, if any. Prints and resolves with the verdict. */
export async function verifyStore(
  options: VerifyStoreOptions,
  say: (line: string) => void = console.log,
): Promise<boolean> {
  const anchor = options.anchor === undefined ? undefined : await readAnchor(options.anchor);
  const key = options.publicKey === undefined ? undefined : publicKey(options.publicKey);
  const verdict = await withStore(options, async (store): Promise<StoreVerdict> => {
    const identity = await store.identity();
    let anchored: AnchorVerdict | undefined;
    const position = anchor ? BigInt(anchor.header.position) : await store.head();
    const { walk, bad, bad_total } = await walkStore(store, position, ({ heads }) => {
      if (anchor) anchored = judged(anchor, heads, identity, key);
    });
    const valid = bad_total === 0 && (anchored === undefined || (anchored.is_signed && anchored.is_same));
    const { events, heads } = walk;
    return {
      valid,
      store: identity,
      events,
      streams: heads.size,
      bad_total,
      bad,
      ...(anchored && { anchor: anchored }),
    };
  });
  if (options.json) say(JSON.stringify({ object: 'verification', ...verdict }));
  else for (const line of report(verdict)) say(line);
  return verdict.valid;
}

function judged(
  { header, heads }: AnchorFile,
  found: Parameters<typeof compareHeads>[1],
  store: string,
  key: KeyObject | undefined,
): AnchorVerdict {
  const isListSound = heads.length === 0 || rootOf(heads) === header.root;
  return {
    made_at: header.made_at,
    position: header.position,
    signed_by: fingerprint(header.public_key),
    is_signed: isSigned(header, key) && isListSound,
    is_same: header.store === store && rootOf(sortedHeads(found)) === header.root,
    findings: heads.length === 0 ? [] : compareHeads(heads, found),
  };
}

function* report({ valid, store, events, streams, bad, bad_total, anchor }: StoreVerdict): Generator<string> {
  yield `${valid ? paint('green', 'valid') : paint('red', 'NOT VALID')}  event store ${store}`;
  yield `${events} events in ${streams} streams, ${bad_total} bad`;
  for (const { stream, revision, position, id = '', type = '', reason } of bad) {
    const event = position === undefined ? '' : ` (position ${position}, ${plain(type)} ${plain(id)})`;
    yield paint('red', `${plain(stream)} revision ${revision}${event}: ${reason}`);
  }
  if (anchor) yield* anchorReport(anchor);
}

function* anchorReport({
  made_at,
  position,
  signed_by,
  is_signed,
  is_same,
  findings,
}: AnchorVerdict): Generator<string> {
  yield `anchor of ${plain(made_at)}, position ${plain(position)}, signed by ${signed_by}`;
  if (!is_signed) yield paint('red', 'the signature of the anchor does not match, or is by another key');
  if (!is_same) yield paint('red', 'the store differs from the anchor');
  for (const { stream, reason, anchored, found } of findings)
    yield paint(
      'red',
      `${plain(stream)}: ${reason}, was at revision ${anchored?.revision ?? 'none'}, is at ${found?.revision ?? 'none'}`,
    );
}

function publicKey(file: string): KeyObject {
  try {
    return createPublicKey(readFileSync(file));
  } catch (error) {
    throw new Complaint(
      `${file} does not hold a public key: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
