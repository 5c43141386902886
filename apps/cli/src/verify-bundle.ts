import { readFile } from 'node:fs/promises';
import { type BundleVerdict, NotABundle, verifyBundle } from '#audit';
import { Complaint } from './complaint.js';
import { paint, plain } from './terminal.js';

const PERSONAL: Readonly<Record<BundleVerdict['personal'], string>> = {
  proven: 'proven: the key in the bundle opens what is sealed to what is shown',
  told: 'as told by the service: without the key nobody can see that it is what was sealed',
  erased: 'erased',
  none: 'none was recorded',
};
const PAGE: Readonly<Record<BundleVerdict['page'], string>> = {
  same: 'says what the events say',
  differs: 'is not the one that these events make',
  unknown: 'is of another version and was not judged',
  none: 'none',
};

/** Checks a bundle, a page or JSON, without a network. Prints what was found; resolves with whether all of it holds. */
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
