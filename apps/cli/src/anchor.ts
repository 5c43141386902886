import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { type AnchorHeader, makeAnchor, sortedHeads } from '#audit';
import type { StoreOptions } from './adapters.js';
import { writeAnchor } from './anchor-file.js';
import { Complaint } from './complaint.js';
import { stored, walkStore, withStore } from './store.js';

export interface AnchorOptions extends StoreOptions {
  readonly out: string;
  readonly signKey: string;
  readonly newKey: boolean;
  readonly rootOnly: boolean;
  readonly force: boolean;
}

export function anchorCommand(): Command {
  return stored(
    new Command('anchor')
      .description('Sign the heads of all streams, to be kept elsewhere: they reveal later truncation and rewriting')
      .requiredOption('--out <file>', 'the anchor; compressed when it ends in .gz')
      .requiredOption('--sign-key <file>', 'Ed25519 private key in PEM form, also kept elsewhere')
      .option('--new-key', 'create that key first', false)
      .option('--root-only', 'only the signed hash: small, but it cannot name what is wrong', false)
      .option('--force', 'also when chains of the store are broken', false),
  )
    .addHelpText('after', EXAMPLES)
    .action(async (options: AnchorOptions) => void (await anchor(options)));
}

const EXAMPLES = `
Examples:
  ledger anchor --sign-key me.pem --new-key --out 2026-11.anchor.gz
  ledger verify --anchor 2026-11.anchor.gz --public-key me.pub.pem`;

export async function anchor(options: AnchorOptions, say: (line: string) => void = console.log): Promise<AnchorHeader> {
  const key = signingKey(options);
  const header = await withStore(options, async (store) => {
    const position = await store.head();
    let made: [AnchorHeader, ReturnType<typeof sortedHeads>] | undefined;
    const place = { store: await store.identity(), position, made_at: new Date().toISOString() };
    const { bad_total } = await walkStore(store, position, ({ heads, events }) => {
      made = [makeAnchor(heads, { ...place, events }, key), sortedHeads(heads)];
    });
    if (bad_total > 0 && !options.force)
      throw new Complaint(`${bad_total} records were altered: see ledger verify --all, or --force`);
    const [signed, heads] = made ?? [];
    if (!signed) throw new Complaint('The event store could not be read to the end');
    await writeAnchor(options.out, signed, options.rootOnly ? [] : (heads ?? []));
    return signed;
  });
  say(`${options.out}: ${header.streams} streams, ${header.events} events, up to position ${header.position}`);
  say(`root        ${header.root}`);
  say(`public key  ${fingerprint(header.public_key)} (SHA-256)`);
  return header;
}

function signingKey({ signKey: file, newKey }: AnchorOptions): KeyObject {
  try {
    if (newKey) makeKey(file);
    const key = createPrivateKey(readFileSync(file));
    if (key.asymmetricKeyType !== 'ed25519') throw new Complaint(`${file} does not hold an Ed25519 key`);
    return key;
  } catch (error) {
    if (error instanceof Complaint) throw error;
    throw new Complaint(
      `${file} cannot be used to sign (--new-key creates one): ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Never overwrites a key; writes the public half beside it, for verification. */
function makeKey(file: string): void {
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  const publicFile = file.replace(/(\.pem)?$/, '.pub.pem');
  writeFileSync(publicFile, createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }), { flag: 'wx' });
}

export const fingerprint = (publicKey: string): string =>
  createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex');
