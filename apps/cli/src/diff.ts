import { Command } from 'commander';
import type { Diff, EventReference } from '#audit';
import { type AddressOptions, addressed } from './address.js';
import { clientFor, type LedgerClient } from './ledger-client.js';
import { type Column, plain, second, shown, Table } from './terminal.js';

export interface DiffOptions {
  readonly happened?: boolean;
  readonly json?: boolean;
}

const EVENTS_SHOWN_MAX = 5;

export function diffCommand(): Command {
  return addressed(
    new Command('diff')
      .description('Show the changes of a customer between two moments, and the events behind them')
      .argument('<customer>', 'id or source id')
      .argument('<from>', 'an instant, revision:12 or position:345')
      .argument('[to]', 'the same; now by default')
      .option('--happened', 'by business time', false)
      .option('--json', 'print one line of JSON', false),
  )
    .addHelpText('after', EXAMPLES)
    .action((customer: string, from: string, to: string | undefined, options: DiffOptions & AddressOptions) =>
      printDiff(clientFor(options), customer, [from, to], options),
    );
}

const EXAMPLES = `
Examples:
  ledger diff ada 2026-01-01 2026-02-01
  ledger diff ada revision:12 revision:15
  ledger diff ada 2026-01-01 --happened`;

export async function printDiff(
  client: LedgerClient,
  customer: string,
  [from, to]: readonly [from: string, to: string | undefined],
  { happened = false, json = false }: DiffOptions,
  say: (line: string) => void = console.log,
): Promise<void> {
  const query = { from, to, clock: happened ? 'happened' : 'recorded' };
  const diff = await client.ask<Diff>({ path: ['customers', customer, 'diff'], query });
  if (json) {
    say(JSON.stringify(diff));
    return;
  }
  say(`from ${placeOf(diff.from)}\nto   ${placeOf(diff.to)}\n`);
  if (diff.changes.length === 0) say('Nothing changed');
  else
    new Table(COLUMNS, say).add(
      diff.changes.map((one) => [plain(one.path), shown(one.from), shown(one.to), listed(one.events)]),
    );
}

const COLUMNS: readonly Column[] = [
  { title: 'path', style: 'cyan' },
  { title: 'old', width_max: 40, style: 'red' },
  { title: 'new', width_max: 40, style: 'green' },
  { title: 'events' },
];

const placeOf = (event: EventReference | null): string =>
  event === null
    ? 'before the first event'
    : `revision ${event.revision}, ${plain(event.type)}, recorded ${second(event.recorded_at)}`;

function listed(events: readonly EventReference[]): string {
  const first = events.slice(0, EVENTS_SHOWN_MAX).map(({ revision, type }) => `${revision} ${plain(type)}`);
  const rest = events.length - first.length;
  return first.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
