import type { ChainVerdict } from '#event-store';
import type { AddressOptions } from './address.js';
import { clientFor, type LedgerClient } from './ledger-client.js';
import { paint, plain } from './terminal.js';

interface Verification extends ChainVerdict {
  readonly customer_id: string;
}

export interface VerifyCustomerOptions extends AddressOptions {
  readonly json?: boolean;
}

/** Asks the service to recompute a customer's chain. Prints the findings; resolves with the verdict. */
export async function verifyCustomer(
  ref: string,
  options: VerifyCustomerOptions,
  say: (line: string) => void = console.log,
  client: LedgerClient = clientFor(options),
): Promise<boolean> {
  const verdict = await client.ask<Verification>({ path: ['customers', ref, 'verify'] });
  if (options.json) say(JSON.stringify(verdict));
  else for (const line of report(verdict)) say(line);
  return verdict.valid;
}

function* report({ valid, customer_id, events, head, first_bad }: Verification): Generator<string> {
  yield `${valid ? paint('green', 'valid') : paint('red', 'NOT VALID')}  ${plain(customer_id)}`;
  yield `events  ${events}`;
  yield `chain   sound up to revision ${head.revision}, ${plain(head.hash)}`;
  if (first_bad) yield paint('red', `revision ${first_bad.revision}: ${plain(first_bad.reason)}`);
}
