import type { Command } from 'commander';
import { anchorCommand } from './anchor.js';
import { asOfCommand } from './as-of.js';
import { bundleCommand } from './bundle.js';
import { deadLettersCommand } from './dead-letters.js';
import { demoCommand } from './demo.js';
import { diffCommand } from './diff.js';
import { explainCommand } from './explain.js';
import { historyCommand } from './history.js';
import { importCommand } from './import.js';
import { rebuildCommand } from './rebuild.js';
import { replayCommand } from './replay.js';
import { verifyCommand } from './verify.js';

/** The verbs of `ledger`, in the order of its help. */
export const verbs: readonly (() => Command)[] = [
  historyCommand,
  asOfCommand,
  diffCommand,
  explainCommand,
  bundleCommand,
  verifyCommand,
  anchorCommand,
  replayCommand,
  importCommand,
  deadLettersCommand,
  rebuildCommand,
  demoCommand,
];
