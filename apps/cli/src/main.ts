#!/usr/bin/env node
import { Command } from 'commander';
import { demoCommand } from './demo.js';
import { deadLettersCommand } from './dead-letters.js';
import { importCommand } from './import.js';
import { rebuildCommand } from './rebuild.js';
import { Complaint } from './complaint.js';

const program = new Command('ledger')
  .description('Customer Ledger on the command line')
  .addCommand(importCommand())
  .addCommand(deadLettersCommand())
  .addCommand(rebuildCommand())
  .addCommand(demoCommand());

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Complaint)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
