#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { Complaint } from './complaint.js';
import { verbs } from './verbs.js';

const { version } = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

const program = new Command('ledger').description('Customer Ledger on the command line').version(version);
for (const verb of verbs) program.addCommand(verb());

// a reader such as head closes the pipe when it needs no more output
process.stdout.on('error', () => process.exit());

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Complaint)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
