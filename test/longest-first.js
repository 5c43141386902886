import Sequencer from '@jest/test-sequencer';

/** These take long with --all, where their properties have more runs. */
const LONG_WITH_ALL = ['customer/src/customer.spec.ts', 'read-model.spec.ts', 'src/order-of-arrival.spec.ts'];

/** The long suites begin first, so that none of them runs alone at the end; among equals Jest goes by the run before. */
const isLong = ({ path }) =>
  path.endsWith('.long.spec.ts') ||
  path.includes('/test/engines/') ||
  LONG_WITH_ALL.some((name) => path.endsWith(name));

export default class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((one, other) => isLong(other) - isLong(one));
  }
}
