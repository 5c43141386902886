import type { Command } from 'commander';
import { Complaint } from './complaint.js';

export interface LedgerAddress {
  readonly url: string;
  /** `app-id:token`. */
  readonly key: string;
}

export interface AddressOptions {
  readonly url: string;
  readonly key?: string;
}

/** The options for the address and key of the service. */
export const addressed = (command: Command, role = 'audit'): Command =>
  command
    .option('--url <url>', 'service (LEDGER_URL)', process.env['LEDGER_URL'] ?? 'http://127.0.0.1:3000')
    .option('--key <app-id:token>', `key with the role ${role} (LEDGER_KEY)`);

export function addressOf({ url, key = process.env['LEDGER_KEY'] }: AddressOptions): LedgerAddress {
  if (key === undefined) throw new Complaint('Name a key: LEDGER_KEY=app-id:token or --key app-id:token');
  return { url: url.replace(/\/+$/, ''), key };
}
