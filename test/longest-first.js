import Sequencer from '@jest/test-sequencer';

/** The long suites begin first, so that none of them runs alone at the end; among equals Jest goes by the run before. */
const isLong = ({ path }) => path.endsWith('.long.spec.ts') || path.includes('/test/engines/');

export default class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((one, other) => isLong(other) - isLong(one));
  }
}
