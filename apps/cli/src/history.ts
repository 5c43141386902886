import { Command, InvalidArgumentError } from 'commander';
import type { HistoryEntry } from '#audit';
import { type AddressOptions, addressed } from './address.js';
import { clientFor, type LedgerClient } from './ledger-client.js';
import { type Column, plain, second, shown, Table } from './terminal.js';

export interface HistoryOptions {
  readonly type?: string;
  readonly from?: string;
  readonly to?: string;
  readonly origin?: string;
  readonly actor?: string;
  readonly reverse?: boolean;
  readonly limit?: number;
  readonly json?: boolean;
}

interface HistoryPage {
  readonly events: readonly HistoryEntry[];
  readonly more_starting_after?: string;
}

const PAGE_SIZE = 500;

export function historyCommand(): Command {
  return addressed(
    new Command('history')
      .description('List the events of a customer')
      .argument('<customer>', 'id or source id')
      .option('--type <type>', 'only this type, such as OrderPlaced')
      .option('--from <instant>', 'recorded at or after this time')
      .option('--to <instant>', 'recorded at or before this time')
      .option('--origin <source>', 'the source of the facts; "source id" for one fact')
      .option('--actor <name>', 'a channel or the name of an API key')
      .option('--reverse', 'newest first', false)
      .option('--limit <n>', 'at most this many; all by default', wholeNumber)
      .option('--json', 'print one JSON object a line', false),
  )
    .addHelpText('after', EXAMPLES)
    .action((customer: string, options: HistoryOptions & AddressOptions) =>
      printHistory(clientFor(options), customer, options),
    );
}

const EXAMPLES = `
Examples:
  ledger history ada --reverse --limit 20
  ledger history ada --type OrderPlaced --from 2026-01-01
  ledger history ada --json | jq .data`;

/** Prints page by page, in bounded memory. */
export async function printHistory(
  client: LedgerClient,
  customer: string,
  options: HistoryOptions,
  say: (line: string) => void = console.log,
): Promise<void> {
  const table = new Table(COLUMNS, say);
  let count = 0;
  for await (const page of pages(client, customer, options)) {
    count += page.length;
    if (options.json) for (const entry of page) say(JSON.stringify(entry));
    else if (page.length > 0) table.add(page.map(rowOf));
  }
  if (count === 0 && !options.json) say('No such events');
}

async function* pages(
  client: LedgerClient,
  customer: string,
  { type, from, to, origin, actor, reverse = false, limit = Infinity }: HistoryOptions,
): AsyncGenerator<readonly HistoryEntry[]> {
  const order = reverse ? '-revision' : 'revision';
  let starting_after: string | undefined;
  for (let left = limit; left > 0;) {
    const page = await client.ask<HistoryPage>({
      path: ['customers', customer, 'history'],
      query: { type, from, to, origin, actor, order, starting_after, limit: String(Math.min(left, PAGE_SIZE)) },
    });
    yield page.events;
    left -= page.events.length;
    starting_after = page.more_starting_after;
    if (starting_after === undefined) return;
  }
}

const COLUMNS: readonly Column[] = [
  { title: 'rev', align: 'right' },
  { title: 'recorded' },
  { title: 'occurred' },
  { title: 'type', style: 'cyan' },
  { title: 'by', width_max: 24 },
  { title: 'fact', width_max: 32 },
  { title: 'data', width_max: 60 },
  { title: 'hash', style: 'dim' },
];

function rowOf({
  revision,
  recorded_at,
  occurred_at,
  type,
  actor,
  origin,
  data,
  erased,
  hash,
}: HistoryEntry): string[] {
  return [
    String(revision),
    second(recorded_at),
    occurred_at === recorded_at ? '=' : second(occurred_at),
    plain(type),
    plain([actor.channel, actor.key].filter(Boolean).join(' ')),
    origin === null ? '' : plain(`${origin.source} ${origin.id}`),
    `${erased ? '(erased) ' : ''}${Object.entries(data).map(brief).join(' ')}`,
    plain(hash.slice(0, 8)),
  ];
}

/** Deep values are shown by their size only; `--json` shows them in full. */
function brief([field, value]: [string, unknown]): string {
  if (Array.isArray(value)) return `${plain(field)}=[${value.length}]`;
  return `${plain(field)}=${typeof value === 'object' && value !== null ? '{…}' : shown(value)}`;
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('Not a whole number of at least 1.');
  return number;
}
