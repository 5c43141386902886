export { Backwards, type Change, type Diff, diff } from './diff.js';
export { type EntryFilter, entryOf, type EventReference, type HistoryEntry, isWanted, referenceOf } from './entry.js';
export { type Contribution, explain, type Explanation, isNamed, selector } from './explain.js';
export { documentOf, type Ending, History, isBefore, type Moment, type Past, type Standing } from './history.js';
