import { type CustomerState, type Judgement, nine, shown } from '#customer';
import type { Slice } from './attribute.js';
import type { CompiledFilter, ConditionReason } from './compiled.js';
import { type Subject, subjectOf } from './subject.js';

/* Judges membership: who belongs to a segment, when an evaluation is due, and the changes since the last one. */

/** A segment whose members are recorded. */
export interface RecordedSegment {
  readonly id: string;
  readonly name: string;
  readonly filter: CompiledFilter;
  readonly created_at: string;
  readonly updated_at: string | null;
}

/** A customer before and after some events. */
export interface ChangedCustomer {
  readonly id: string;
  readonly before: Pick<CustomerState, 'status' | 'head'>;
  readonly after: CustomerState;
}

export interface Criterion {
  readonly filter: CompiledFilter | undefined;
  /** Ids, of a static segment. */
  readonly customers: ReadonlySet<string> | undefined;
}

/** A static segment may still name a customer who is gone; such a customer is no member. */
export const isMember = (
  { filter, customers }: Criterion,
  subject: Subject,
  { id, status, now }: { readonly id: string; readonly status: CustomerState['status']; readonly now: string },
): boolean => (customers ? status === 'active' && customers.has(id) : filter?.matches(subject, now) === true);

/** When a customer has to be looked at for a segment: now if the record is wrong, else when the clock may change it. */
export function evaluationAt(
  { filter }: Pick<RecordedSegment, 'filter'>,
  subject: Subject,
  isRecorded: boolean,
  now: string,
): string | undefined {
  return filter.matches(subject, now) === isRecorded ? filter.nextMembershipChange(subject, now) : now;
}

/** The same after a change, for the segments that read a changed attribute and those just entered or left. */
export function evaluationAfter(
  segments: readonly RecordedSegment[],
  { id, before, after }: ChangedCustomer,
  now: string,
): string | undefined {
  const subject = once(() => subjectOf(id, after.head));
  const isTouched = touching(id, before, after, subject);
  let due_at: string | undefined;
  for (const segment of segments) {
    if (!isTouched(segment)) continue;
    const at = evaluationAt(segment, subject(), Object.hasOwn(after.head.segments, segment.id), now);
    if (at !== undefined && (due_at === undefined || at < due_at)) due_at = at;
  }
  return due_at;
}

function touching(
  id: string,
  { status, head: was }: ChangedCustomer['before'],
  { head: is }: ChangedCustomer['after'],
  subject: () => Subject,
): (segment: RecordedSegment) => boolean {
  if (status !== 'active') return () => true;
  // most slices stay identical: a filter that reads no other needs no evaluation
  const changed = (Object.keys(is) as Slice[]).filter((slice) => was[slice] !== is[slice]);
  const former = once(() => subjectOf(id, was));
  const wasIn = was.segments ?? {};
  return ({ id: segment, filter }) => {
    if (Object.hasOwn(is.segments, segment) !== Object.hasOwn(wasIn, segment)) return true;
    return changed.some((slice) => filter.slices.has(slice)) && filter.differs(former(), subject());
  };
}

/** Computes a value when it is first asked for. */
function once<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => (known ??= { value: compute() }).value;
}

/** Membership starts when the current definition was created. */
export const startOf = ({ created_at, updated_at }: RecordedSegment): string => shown(updated_at ?? created_at);

/** After a long stop: so many changes of one membership are recorded one by one. */
const BOUNDARIES_MAX = 100;

export interface Verdict {
  readonly judgements: readonly Judgement[];
  readonly next_at: string | undefined;
}

/** Judges the membership of a customer at a time, and whenever the clock alone changed it until now. */
export function judge(segment: RecordedSegment, subject: Subject, from: string, now: string): Verdict {
  const { id, name, filter } = segment;
  const judgements: Judgement[] = [];
  const start = startOf(segment);
  let at = start > from ? start : from;
  for (let passed = 0; ; passed++) {
    judgements.push({ segment: { id, name }, is_member: filter.matches(subject, at), at: nine(at) });
    const next_at = filter.nextMembershipChange(subject, at);
    if (next_at === undefined || next_at > now) return { judgements, next_at };
    at = passed < BOUNDARIES_MAX ? next_at : now;
  }
}

/** The most that a clock changes one condition: a birthday in a hundred years. */
const CHANGES_MAX = 200;

/** When the clock made a condition what it is now; undefined when it has been so since its value came. */
export function changedAt(
  condition: (time: string) => ConditionReason | undefined,
  from: string,
  now: string,
): string | undefined {
  let changed_at: string | undefined;
  let before = condition(from);
  for (let changes = 0; changes < CHANGES_MAX && before?.until !== undefined && before.until <= now; changes++) {
    const after = condition(before.until);
    if (after?.truth !== before.truth) changed_at = before.until;
    before = after;
  }
  return changed_at;
}
