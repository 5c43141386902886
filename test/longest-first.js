import Sequencer from '@jest/test-sequencer';

/**
 * None of the long suites is alone at the end. Jest knows who they are from the run before; where there was none it goes by
 * size, and some of them are a few lines.
 */
const LONG = [
  'test/fault/',
  'test/engines/',
  'read-model.spec',
  'rebuilds.spec',
  'e2e/rebuild.spec',
  'membership.spec',
  'order-of-arrival.spec',
  'customer/src/customer.spec',
  'audit/src/history.spec',
];

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const isShort = ({ path }) => !LONG.some((name) => path.includes(name));
    return super.sort(tests).toSorted((one, other) => isShort(one) - isShort(other));
  }
}
