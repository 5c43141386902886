import { describe } from '@jest/globals';
import { arrivalContract } from './projecting/arrival.contract.js';
import { activityContract } from './queries/activity.contract.js';
import { customerListContract } from './queries/customer.contract.js';
import { customerOverviewContract } from './queries/customer-overview.contract.js';
import { exportRowsContract } from './queries/export-rows.contract.js';
import { segmentContract } from './queries/segment.contract.js';
import { leasesContract } from './projecting/leases.contract.js';
import { projectorContract } from './projecting/projector.contract.js';
import { recordsContract } from './queries/records.contract.js';
import type { ReadModel } from './read-model.js';

/** The contract of the read model on every database, without rebuilds. `open` gives an empty read model. */
export function readModelContract(open: () => Promise<ReadModel>): void {
  describe('leases', () => leasesContract(open));
  describe('projector', () => projectorContract(open));
  describe('order of arrival', () => arrivalContract(open));
  describe('customer lists', () => customerListContract(open));
  describe('pages of exports', () => exportRowsContract(open));
  describe('activity', () => activityContract(open));
  describe('customer overviews', () => customerOverviewContract(open));
  describe('segments', () => segmentContract(open));
  describe('orders and redemptions', () => recordsContract(open));
}
