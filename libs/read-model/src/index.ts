export type { Judge, SegmentEvaluation } from './segments/evaluations.js';
export type { Parked } from './projecting/parked.js';
export type { Progress } from './projecting/progress.js';
export { Projector, type ProjectorOptions } from './projecting/projector.js';
export {
  type ActivitiesPage,
  type ListedActivity,
  type ActivityFilter,
  type ActivityPage,
} from './queries/activity.js';
export { type Among, type CustomerFilter, type CustomerPage, type CustomerRow } from './queries/customer.js';
export type { OrderFilter, OrderKey, OrderPage } from './queries/order.js';
export { ScrollTooWide } from './queries/page.js';
export type { RedemptionFilter, RedemptionPage } from './queries/redemption.js';
export { ORDERS_MAX, type OrderLine, type CustomerOverview } from './queries/customer-overview.js';
export { ReadModel } from './read-model.js';
export { type DueEvaluation, type Backfill, SegmentWork, type FinishedEvaluation } from './segments/segment-work.js';
export { Auditor, type Mismatch, type Sample } from './rebuild/auditor.js';
export { type Differing, type Report } from './rebuild/comparison.js';
export { Rebuilder, type RebuilderOptions } from './rebuild/rebuilder.js';
export { type Rebuild, RebuildClosed, RebuildOpen, type RebuildRequest, Rebuilds } from './rebuild/rebuilds.js';
export {
  type Exported,
  type ExportCursor,
  type ExportPage,
  exportOrders,
  type ExportRow,
} from './queries/export-rows.js';
export { PROJECTOR } from './projecting/work.js';
