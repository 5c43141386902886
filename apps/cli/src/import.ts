import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Command } from 'commander';
import { type AddressOptions, addressed, addressOf, type LedgerAddress } from './address.js';
import { Bookmark, defaultStateFolder } from './bookmark.js';
import { CdnowFacts, parsePurchase, type Purchase } from './cdnow.js';
import type { CloudEvent } from './cloud-event.js';
import { Complaint } from './complaint.js';
import { type Batch, BATCH_SIZE, deliver, type Totals } from './delivery.js';
import { FactsSender } from './facts-sender.js';
import { progressOf } from './progress.js';

export interface ImportOptions extends LedgerAddress {
  readonly stateDir: string;
  readonly restart: boolean;
}

/** Replacements for the network and the terminal in tests. */
interface ImportTools {
  readonly sender?: FactsSender;
  readonly show?: typeof progressOf;
  readonly say?: (text: string) => void;
}

export function importCommand(): Command {
  const command = new Command('cdnow')
    .description('Send a CDNOW purchase file (customer, sample id, yyyymmdd, CDs, dollars) as paid orders')
    .argument('<file>');
  const cdnow = addressed(command, 'ingest')
    .option('--state-dir <folder>', 'the folder that keeps the progress of files', defaultStateFolder())
    .option('--restart', 'send the whole file and ignore the saved progress', false)
    .action(async (file: string, options: AddressOptions & Pick<ImportOptions, 'stateDir' | 'restart'>) =>
      report(await importCdnow(file, { ...options, ...addressOf(options) })),
    );
  return new Command('import').description('Send a file as facts; safe to repeat').addCommand(cdnow);
}

/** Sends the lines of a file without an answer. Throws a Complaint about a malformed line before it sends any. */
export async function importCdnow(
  file: string,
  options: ImportOptions,
  { sender, show = progressOf, say = console.error }: ImportTools = {},
): Promise<Totals> {
  const { sha256, count } = await inspect(file);
  const bookmark = Bookmark.of(options.stateDir, sha256, options.url);
  const done = options.restart ? 0 : await bookmark.read();
  if (done > 0) say(`${done} of ${count} lines were answered before and are not sent again (--restart sends them)`);
  const progress = show('lines', count, Math.min(done, count));
  let reached = done;
  const listener = {
    answered: ({ facts }: Batch) => progress.advance(facts.length),
    acknowledged: async (end: number) => {
      reached = Math.max(reached, end);
      await bookmark.save(reached);
    },
  };
  try {
    return await deliver(batches(file, done), sender ?? new FactsSender(options, undefined, say), listener);
  } finally {
    progress.stop();
  }
}

/** A first pass over the whole file: its fingerprint, its number of lines, and its first problem. */
async function inspect(file: string): Promise<{ sha256: string; count: number }> {
  const hash = createHash('sha256');
  let count = 0;
  for await (const { number } of purchases(file, (chunk) => hash.update(chunk))) count = number;
  return { sha256: hash.digest('hex'), count };
}

async function* batches(file: string, skip: number): AsyncGenerator<Batch> {
  const named = new CdnowFacts();
  let facts: CloudEvent[] = [];
  let end = 0;
  for await (const { number, purchase } of purchases(file)) {
    // answered lines are parsed as well, because they number later lines of the same day
    const fact = named.fact(purchase);
    if (number <= skip) continue;
    facts.push(fact);
    end = number;
    if (facts.length < BATCH_SIZE) continue;
    yield { facts, end };
    facts = [];
  }
  if (facts.length > 0) yield { facts, end };
}

async function* purchases(
  file: string,
  onChunk: (chunk: Buffer) => void = () => undefined,
): AsyncGenerator<{ number: number; purchase: Purchase }> {
  let number = 0;
  for await (const line of linesOf(file, onChunk)) {
    number += 1;
    if (line.trim() === '') continue;
    const purchase = parsePurchase(line);
    if (typeof purchase === 'string') throw new Complaint(`${file}, line ${number}: ${purchase}`);
    yield { number, purchase };
  }
}

async function* linesOf(file: string, onChunk: (chunk: Buffer) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      onChunk(chunk);
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (error) {
    throw new Complaint(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (rest !== '') yield rest;
}

function report({ accepted, duplicate, rejected, rejections }: Totals): void {
  console.log(`${accepted} accepted, ${duplicate} already known, ${rejected} rejected`);
  if (rejected === 0) return;
  throw new Complaint(rejections.map(({ id, reason }) => `${id ?? '?'}: ${reason}`).join('\n'));
}
