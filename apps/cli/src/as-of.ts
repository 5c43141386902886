import { Command } from 'commander';
import { type AddressOptions, addressed } from './address.js';
import { clientFor, type LedgerClient } from './ledger-client.js';
import { pretty } from './terminal.js';

export interface AsOfOptions {
  readonly happened?: boolean;
  readonly json?: boolean;
}

export function asOfCommand(): Command {
  return addressed(
    new Command('as-of')
      .description('Show a customer as known at a moment')
      .argument('<customer>', 'id or source id')
      .argument('<moment>', 'an instant, revision:12 or position:345')
      .option('--happened', 'by business time, with everything known today', false)
      .option('--json', 'print one line of JSON', false),
  )
    .addHelpText('after', EXAMPLES)
    .action((customer: string, moment: string, options: AsOfOptions & AddressOptions) =>
      printAsOf(clientFor(options), customer, moment, options),
    );
}

const EXAMPLES = `
Examples:
  ledger as-of ada 2026-01-31
  ledger as-of ada 2026-01-31 --happened
  ledger as-of ada revision:12`;

export async function printAsOf(
  client: LedgerClient,
  customer: string,
  moment: string,
  { happened = false, json = false }: AsOfOptions,
  say: (line: string) => void = console.log,
): Promise<void> {
  const query = { [happened ? 'happened_as_of' : 'as_of']: moment };
  const document = await client.ask<object>({ path: ['customers', customer], query });
  say(json ? JSON.stringify(document) : pretty(document));
}
