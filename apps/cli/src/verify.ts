import { Command } from 'commander';
import { Complaint } from './complaint.js';
import { type AddressOptions, addressed } from './address.js';
import { stored } from './store.js';
import { verifyFile } from './verify-bundle.js';
import { verifyCustomer } from './verify-customer.js';
import { verifyStore, type VerifyStoreOptions } from './verify-store.js';

interface VerifyOptions extends VerifyStoreOptions, AddressOptions {
  readonly all: boolean;
  readonly customer?: string;
  readonly json: boolean;
}

export function verifyCommand(): Command {
  return stored(
    addressed(
      new Command('verify')
        .description('Verify that history is unaltered: a bundle, a customer, or a whole event store')
        .argument('[file]', 'a bundle (ledger bundle)')
        .option('--customer <ref>', 'ask the service about one customer')
        .option('--all', 'verify every stream of the event store and the access log, without the service', false)
        .option('--anchor <file>', 'like --all, and compare with an earlier anchor (ledger anchor)')
        .option('--public-key <file>', 'the key that must have signed the anchor, in PEM form')
        .option('--json', 'print JSON', false),
    ),
  )
    .addHelpText('after', EXAMPLES)
    .action(async (file: string | undefined, options: VerifyOptions) => {
      if (!(await verify(file, options))) process.exitCode = 1;
    });
}

const EXAMPLES = `
Exits with 1 when something was altered.

Examples:
  ledger verify ledger-cust_x.html
  ledger verify --customer ada
  ledger verify --all
  ledger verify --anchor 2026-11.anchor.gz --public-key me.pub.pem`;

function verify(file: string | undefined, options: VerifyOptions): Promise<boolean> {
  const isStore = options.all || options.anchor !== undefined;
  const asked = [file !== undefined, options.customer !== undefined, isStore].filter(Boolean).length;
  if (asked !== 1) throw new Complaint('Name a bundle, or --customer, or --all, or --anchor');
  if (file !== undefined) return verifyFile(file, options);
  return options.customer === undefined ? verifyStore(options) : verifyCustomer(options.customer, options);
}
