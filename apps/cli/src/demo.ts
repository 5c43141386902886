import { once } from 'node:events';
import { Command, InvalidArgumentError } from 'commander';
import { batchesOf, deliver, type Totals } from './delivery.js';
import { type History, historyOf } from './demo/history.js';
import { ScratchService } from './demo/scratch-service.js';
import { FactsSender } from './facts-sender.js';
import { progressOf } from './progress.js';

const TWO_YEARS_MS = 2 * 365 * 24 * 3_600_000;

interface DemoOptions {
  readonly customers: number;
  readonly seed: number;
  readonly exit: boolean;
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('Start the service on a temporary directory and send it made-up customers')
    .option('--customers <count>', 'the number of customers', wholeNumber, 300)
    .option('--seed <number>', 'the same seed gives the same customers', wholeNumber, 1)
    .option('--exit', 'exit when everything is sent', false)
    .action(demo);
}

async function demo({ customers, seed, exit }: DemoOptions): Promise<void> {
  const interrupted = interruption();
  const service = await ScratchService.start();
  try {
    const { facts, richest } = historyOf({ customers, seed, from_ms: Date.now() - TWO_YEARS_MS });
    const progress = progressOf('facts', facts.length);
    const delivery = deliver(batchesOf(facts), new FactsSender(service.address), {
      answered: (batch) => progress.advance(batch.facts.length),
    }).finally(() => progress.stop());
    const totals = await Promise.race([delivery, interrupted]);
    if (totals === 'interrupted') return;
    console.log(guide(service, totals, { customers, seed, richest }));
    if (!exit) {
      console.log('Ctrl-C stops the service and removes its data.');
      await Promise.race([interrupted, service.ended()]);
    }
  } finally {
    await service.stop();
  }
}

function guide(
  { address: { url, key }, folder }: ScratchService,
  { accepted, duplicate, rejected, rejections }: Totals,
  { customers, seed, richest: { source_id, day } }: { customers: number; seed: number; richest: History['richest'] },
): string {
  return `
${customers} customers (seed ${seed}): ${accepted} facts accepted, ${duplicate} already known, ${rejected} rejected
${rejections.map(({ id, reason }) => `  ${id ?? '?'}: ${reason}\n`).join('')}
The service:  ${url}
Its API:      ${url}/docs
Its key:      ${key}

Look at these next
  a customer with much to see
    curl -s -u '${key}' ${url}/v1/customers/${source_id}
  the activity of that customer
    curl -s -u '${key}' '${url}/v1/customers/${source_id}/activity?limit=20'
  the newest customers
    curl -s -u '${key}' '${url}/v1/customers?limit=5&order=-created_at'
  the service's own figures
    curl -s -u '${key}' ${url}/metrics

Only a ledger can answer these (docs/audit.md)
    export LEDGER_URL=${url} LEDGER_KEY=${key} DATA_DIR=${folder}
    C=${source_id} DAY=${day}
  the events behind a figure
    npm run -s cli -- explain ${source_id} summary.orders.total_amount
  that customer as of a day, by business time
    npm run -s cli -- as-of --happened ${source_id} ${day}
  verify that the history is unaltered
    npm run -s cli -- verify --all
`;
}

async function interruption(): Promise<'interrupted'> {
  await Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)));
  return 'interrupted';
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('Not a whole number from 1 up.');
  return number;
}
