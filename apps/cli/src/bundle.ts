import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { Complaint } from './complaint.js';
import { type AddressOptions, addressed } from './address.js';
import { clientFor, type LedgerClient } from './ledger-client.js';

export interface BundleOptions {
  readonly out?: string;
  readonly withKey?: boolean;
}

export function bundleCommand(): Command {
  return addressed(
    new Command('bundle')
      .description('Save everything about one customer in one file: a readable page that "ledger verify FILE" verifies')
      .argument('<customer>', 'id or source id')
      .option(
        '--out <file>',
        'the file; ledger-<id>.html here by default. A name that ends in .json gives JSON without a page',
      )
      .option(
        '--with-key',
        'include the customer’s data key: it proves the sealed data, and opens future ones, too',
        false,
      ),
  )
    .addHelpText('after', EXAMPLES)
    .action(async (customer: string, options: BundleOptions & AddressOptions) => {
      const file = await saveBundle(clientFor(options), customer, options);
      console.log(`${file}\nCheck it: ledger verify ${file}`);
    });
}

const EXAMPLES = `
Examples:
  ledger bundle ada
  ledger bundle ada --out ada.json --with-key`;

/** Saves the bundle, whole or not at all, and resolves with the name of the file. Throws a Complaint when the file exists. */
export async function saveBundle(
  client: LedgerClient,
  customer: string,
  { out, withKey = false }: BundleOptions,
): Promise<string> {
  const accept = out?.endsWith('.json') ? 'application/json' : 'text/html';
  const query = { with_key: withKey ? 'true' : undefined };
  const { headers, body } = await client.open({ path: ['customers', customer, 'bundle'], query, accept });
  const file = out ?? nameIn(headers.get('content-disposition'));
  try {
    if (await isThere(file)) throw new Complaint(`${file} exists already: choose another one with --out`);
    await save(body, file);
    return file;
  } catch (error) {
    if (error instanceof Complaint) throw error;
    throw new Complaint(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** For its owner alone, because it contains personal data. */
async function save(body: AsyncIterable<Uint8Array>, file: string): Promise<void> {
  const part = `${file}.part`;
  try {
    await pipeline(Readable.from(body), createWriteStream(part, { mode: 0o600 }));
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** The service's name for the file, reduced to a name that cannot lead to another folder. */
const nameIn = (disposition: string | null): string =>
  /filename="([\w-][\w.-]*)"/.exec(disposition ?? '')?.[1] ?? 'ledger-bundle.html';

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );
