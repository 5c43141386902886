#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { anchorCommand } from './anchor.js';
import { asOfCommand } from './as-of.js';
import { bundleCommand } from './bundle.js';
import { demoCommand } from './demo.js';
import { deadLettersCommand } from './dead-letters.js';
import { diffCommand } from './diff.js';
import { explainCommand } from './explain.js';
import { historyCommand } from './history.js';
import { importCommand } from './import.js';
import { rebuildCommand } from './rebuild.js';
import { Complaint } from './complaint.js';
import { replayCommand } from './replay.js';
import { verifyCommand } from './verify.js';

const { version } = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

const program = new Command('ledger')
  .description('Customer Ledger on the command line')
  .version(version)
  .addCommand(historyCommand())
  .addCommand(asOfCommand())
  .addCommand(diffCommand())
  .addCommand(explainCommand())
  .addCommand(bundleCommand())
  .addCommand(verifyCommand())
  .addCommand(anchorCommand())
  .addCommand(replayCommand())
  .addCommand(importCommand())
  .addCommand(deadLettersCommand())
  .addCommand(rebuildCommand())
  .addCommand(demoCommand());

// a reader such as head closes the pipe when it needs no more output
process.stdout.on('error', () => process.exit());

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Complaint)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
