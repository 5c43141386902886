import { readFile } from 'node:fs/promises';
import { type BundleVerdict, NotABundle, verifyBundle } from '#audit';
import { Complaint } from './complaint.js';
import { paint, plain } from './terminal.js';

const PERSONAL: Readonly<Record<BundleVerdict['personal'], string>> = {
  proven: 'proven: the key in the bundle opens the sealed data to the shown ones',
  told: 'as reported by the service: without the key they cannot be compared with the sealed data',
  erased: 'erased',
  none: 'none was recorded',
};
const PAGE: Readonly<Record<BundleVerdict['page'], string>> = {
  same: 'matches the events',
  differs: 'does not match the events',
  unknown: 'has another version and was not verified',
  none: 'none',
};

/** Verifies a bundle, a page or JSON, without a network. Prints the findings; resolves with the verdict. */
export async function verifyFile(
  file: string,
  { json = false }: { readonly json?: boolean },
  say: (line: string) => void = console.log,
): Promise<boolean> {
  const verdict = await judged(file);
  if (json) say(JSON.stringify({ object: 'verification', file, ...verdict }));
  else for (const line of report(verdict)) say(line);
  return verdict.valid;
}

async function judged(file: string): Promise<BundleVerdict> {
  try {
    return await verifyBundle(await readFile(file));
  } catch (error) {
    if (error instanceof NotABundle) throw new Complaint(`${file} is not a bundle: ${plain(error.message)}`);
    throw new Complaint(`${file} cannot be read: ${error instanceof Error ? plain(error.message) : String(error)}`);
  }
}

function* report({ valid, customer_id, events, head, personal, page, problems }: BundleVerdict): Generator<string> {
  yield `${valid ? paint('green', 'valid') : paint('red', 'NOT VALID')}  ${plain(customer_id)}`;
  yield `events         ${events}`;
  yield `chain          sound up to revision ${head.revision}, ${head.hash}`;
  yield `personal data  ${PERSONAL[personal]}`;
  yield `page           ${PAGE[page]}`;
  for (const { revision, what } of problems)
    yield paint('red', `${revision === undefined ? 'bundle' : `revision ${revision}`}: ${plain(what)}`);
}
