import { Command } from 'commander';
import type { Contribution, Explanation } from '#audit';
import { type AddressOptions, addressed } from './address.js';
import { clientFor, type LedgerClient } from './ledger-client.js';
import { type Column, paint, plain, second, shown, signed, Table } from './terminal.js';

export interface ExplainOptions {
  readonly asOf?: string;
  readonly json?: boolean;
}

type Answer = Explanation | { readonly object: 'list'; readonly explanations: readonly Explanation[] };

export function explainCommand(): Command {
  return addressed(
    new Command('explain')
      .description('Show the events behind a value')
      .argument('<customer>', 'id or source id')
      .argument('[path]', 'summary.orders.total_amount, or a JSON Pointer; everything by default')
      .option('--as-of <moment>', 'as known at that moment')
      .option('--json', 'print one line of JSON', false),
  )
    .addHelpText('after', EXAMPLES)
    .action((customer: string, path: string | undefined, options: ExplainOptions & AddressOptions) =>
      printExplanation(clientFor(options), customer, path, options),
    );
}

const EXAMPLES = `
Examples:
  ledger explain ada summary.orders.total_amount
  ledger explain ada /loyalty/points --as-of 2026-01-31
  ledger explain ada summary`;

export async function printExplanation(
  client: LedgerClient,
  customer: string,
  path: string | undefined,
  { asOf, json = false }: ExplainOptions,
  say: (line: string) => void = console.log,
): Promise<void> {
  const query = { path, as_of: asOf };
  const answer = await client.ask<Answer>({ path: ['customers', customer, 'explain'], query });
  if (json) say(JSON.stringify(answer));
  else if (answer.object === 'list') new Table(ALL, say).add(answer.explanations.map(overview));
  else whole(answer, say);
}

const ALL: readonly Column[] = [
  { title: 'path', style: 'cyan' },
  { title: 'value', width_max: 40 },
  { title: 'kind', style: 'dim' },
  { title: 'events', align: 'right' },
  { title: 'last changed' },
];

function overview({ path, value, kind, events, earlier }: Explanation): string[] {
  const last = events.at(-1);
  return [
    plain(path),
    valueOf(value),
    kind,
    String(events.length + (earlier?.events ?? 0)),
    last === undefined ? '' : `${second(last.recorded_at)} ${last.revision} ${plain(last.type)}`,
  ];
}

const valueOf = (value: unknown): string => (value === undefined ? 'not there any more' : shown(value));

function whole(explanation: Explanation, say: (line: string) => void): void {
  const { path, value, kind, events, operands = {} } = explanation;
  say(`${paint('cyan', plain(path))} = ${paint('bold', valueOf(value))}  ${paint('dim', kind)}`);
  for (const [name, operand] of Object.entries(operands)) say(`  ${plain(name)}: ${shown(operand)}`);
  say('');
  if (events.length === 0) say('No event changed it');
  else contributions(explanation, say);
}

function contributions({ events, earlier, operands }: Explanation, say: (line: string) => void): void {
  if (earlier) say(`${earlier.events} earlier events, ${signed(earlier.delta)} together`);
  const isNumber = events.some(({ delta }) => delta !== undefined);
  const parts = isNumber
    ? sums(events, earlier?.delta ?? 0)
    : events.map(({ before, after }) => [shown(before), shown(after)]);
  const columns = [...TOLD, ...(isNumber ? DELTAS : VALUES), ...(operands ? [USED] : [])];
  new Table(columns, say).add(events.map((one, i) => [...told(one), ...(parts[i] ?? []), figures(one.operands)]));
}

const TOLD: readonly Column[] = [
  { title: 'rev', align: 'right' },
  { title: 'recorded' },
  { title: 'occurred' },
  { title: 'type', style: 'cyan' },
  { title: 'fact', width_max: 32 },
];

const DELTAS: readonly Column[] = [
  { title: 'delta', align: 'right', style: (text) => (text.startsWith('-') ? 'red' : 'green') },
  { title: 'sum', align: 'right' },
];

const VALUES: readonly Column[] = [
  { title: 'before', width_max: 40, style: 'red' },
  { title: 'after', width_max: 40, style: 'green' },
];

const USED: Column = { title: 'computed from', width_max: 60 };

/** The heading has the rule, which is the same for all. */
const figures = (operands: object = {}): string =>
  Object.entries(operands)
    .flatMap(([name, one]) => (name === 'rule' ? [] : `${plain(name)}=${shown(one)}`))
    .join(' ');

function told({ revision, recorded_at, occurred_at, type, origin }: Contribution): string[] {
  const fact = origin === null ? '' : plain(`${origin.source} ${origin.id}`);
  return [String(revision), second(recorded_at), second(occurred_at), plain(type), fact];
}

function sums(events: readonly Contribution[], start: number): string[][] {
  let sum = start;
  return events.map((one) => [signed(one.delta ?? 0), String((sum += one.delta ?? 0))]);
}
