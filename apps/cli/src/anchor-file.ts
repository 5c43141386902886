import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { AnchoredHead, AnchorHeader } from '#audit';
import { Complaint } from './complaint.js';

/* JSON lines: the signed header, then the heads, unless these were left out. Compressed when the name ends in .gz. */

export interface AnchorFile {
  readonly header: AnchorHeader;
  readonly heads: readonly AnchoredHead[];
}

export async function writeAnchor(file: string, header: AnchorHeader, heads: Iterable<AnchoredHead>): Promise<void> {
  const lines = function* (): Generator<string> {
    for (const line of [header, ...heads]) yield `${JSON.stringify(line)}\n`;
  };
  const out = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  try {
    await (file.endsWith('.gz')
      ? pipeline(Readable.from(lines()), createGzip(), out)
      : pipeline(Readable.from(lines()), out));
  } catch (error) {
    throw new Complaint(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Throws a Complaint for any other file. */
export async function readAnchor(file: string): Promise<AnchorFile> {
  const heads: AnchoredHead[] = [];
  let header: AnchorHeader | undefined;
  try {
    const raw = createReadStream(file);
    const input = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw;
    raw.once('error', (error) => input.destroy(error));
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      const said = JSON.parse(line) as unknown;
      if (header === undefined) header = formed<AnchorHeader>(said, HEADER);
      else heads.push(formed<AnchoredHead>(said, HEAD));
    }
  } catch (error) {
    throw new Complaint(
      `${file} cannot be read as an anchor: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (header === undefined) throw new Complaint(`${file} cannot be read as an anchor: it is empty`);
  return { header, heads };
}

type Form = Readonly<Record<string, (value: unknown) => boolean>>;
const isText = (value: unknown): boolean => typeof value === 'string';

/** The form of the fields that are used before the signature is checked. */
const HEADER: Form = {
  store: isText,
  position: (value) => typeof value === 'string' && /^\d{1,20}$/.test(value),
  made_at: isText,
  public_key: isText,
  signature: isText,
};
const HEAD: Form = { stream: isText, revision: Number.isSafeInteger, hash: isText };

function formed<T>(said: unknown, form: Form): T {
  const fields = (said ?? {}) as Readonly<Record<string, unknown>>;
  const wrong = Object.keys(form).find((field) => !form[field]?.(fields[field]));
  if (wrong !== undefined) throw new TypeError(`its ${wrong} is not valid`);
  return said as T;
}
