import { describe } from '@jest/globals';
import type { ReadModel } from '../read-model.js';
import { auditorContract } from './auditor.contract.js';
import { rebuildContract } from './rebuild.contract.js';
import { renewalContract } from './renewal.contract.js';

/** The contract of rebuilds and audits on every database. `open` gives an empty read model. */
export function rebuildsContract(open: () => Promise<ReadModel>): void {
  describe('rebuild', () => rebuildContract(open));
  describe('auditor', () => auditorContract(open));
  describe('rows of another version', () => renewalContract(open));
}
