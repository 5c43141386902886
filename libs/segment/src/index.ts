export { type Attribute, attributeNamed, type Slice, valueAt, type ValueType } from './attribute.js';
export { compileFilter, type CompiledFilter, type ConditionReason, type Reason } from './compiled.js';
export { type Filter, type FilterProblems, parseFilter, type ReadFilter } from './filter.js';
export type { Dialect, Sql } from './sql.js';
export { valueConditions, type ValueConditions } from './value.js';
export {
  type ChangedCustomer,
  changedAt,
  isMember,
  judge,
  evaluationAfter,
  evaluationAt,
  startOf,
} from './membership.js';
export { type Subject, subjectOf } from './subject.js';
