export { type Access, type AccessEntry, type AccessFilter, AccessLog, type AccessPlace } from './access-log.js';
export { Backwards, type Change, type Diff, diff } from './diff.js';
export {
  type EntryFilter,
  entryOf,
  type EventReference,
  type HistoryEntry,
  isWanted,
  type ReferralFlag,
  referenceOf,
} from './entry.js';
export { type Contribution, explain, type Explanation, type Flags, isNamed, selector } from './explain.js';
export { documentOf, type Ending, History, isBefore, type Moment, type Past, type Standing } from './history.js';
export {
  type Bundle,
  type BundledEvent,
  type BundleHeader,
  bundleJson,
  ErasedMeanwhile,
  openBundle,
} from './bundle.js';
export { NotABundle } from './bundle-file.js';
export { type BundleProblem, type BundleVerdict, verifyBundle } from './bundle-verify.js';
export { timelinePage } from './timeline.js';
export {
  type AnchoredHead,
  type AnchorFinding,
  type AnchorHeader,
  compareHeads,
  isSigned,
  makeAnchor,
  rootOf,
  sortedHeads,
} from './anchor.js';
export { type BadRecord, LedgerWalk } from './ledger-walk.js';
