import { describe } from '@jest/globals';
import { forgettingContract } from './jobs/forgetting.contract.js';
import { jobsContract } from './jobs/jobs.contract.js';
import type { Operations } from './operations.js';
import { queueContract } from './queue.contract.js';
import { webhooksContract } from './webhooks/webhooks.contract.js';

/** The contract of the operations store on every database. `open` gives an empty one. */
export function operationsContract(open: () => Promise<Operations>): void {
  describe('jobs', () => jobsContract(open));
  describe('forgetting', () => forgettingContract(open));
  describe('queue', () => queueContract(open));
  describe('webhooks', () => webhooksContract(open));
}
