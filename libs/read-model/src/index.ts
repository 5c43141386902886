export { type Checkpoint, Overtaken } from './checkpoint.js';
export type { Parked } from './parked.js';
export type { Progress } from './progress.js';
export { CHECKPOINT, Projector, type ProjectorOptions, WrongStore } from './projector.js';
export { type ActivityEntry, type ActivityFilter, type ActivityPage, UnknownCursor } from './queries/activity.js';
export { type CustomerFilter, type CustomerPage, type CustomerRow, ScrollTooWide } from './queries/customer.js';
export { ReadModel } from './read-model.js';
