import { ContractError, limits, type SegmentBody } from '#contract';
import { type Filter, parseFilter } from '#segment';
import type { SegmentDefinition } from './segments.js';

/* The definition of a segment, and the changes that it allows. */

/** Throws 400 with what is wrong with it. */
export function filterOf(said: object): Filter {
  const read = parseFilter(said);
  if ('filter' in read) return read.filter;
  throw ContractError.ofProblems('invalid_payload', read.problems);
}

/** The definition that a body asks for. Throws 400. */
export function definitionOf({ name, type, filter, customers }: SegmentBody): SegmentDefinition {
  const kind = type ?? (customers ? 'static' : 'auto-update');
  if (kind === 'static') {
    if (filter) throw new ContractError('invalid_payload', 'A static segment has no filter');
    if (!customers) throw new ContractError('invalid_payload', 'Property .customers is required in a static segment');
    return { name, type: kind, customers: [...new Set(customers)] };
  }
  if (customers) throw new ContractError('invalid_payload', 'Only a static segment lists customers');
  if (!filter) throw new ContractError('invalid_payload', `Property .filter is required in a segment of type ${kind}`);
  return { name, type: kind, filter: filterOf(filter) };
}

/** Contract section 8: 100 with a filter; and no more that are static. */
export function assertRoom(defined: readonly SegmentDefinition[], { customers }: SegmentDefinition): void {
  const isAlike = (one: SegmentDefinition): boolean => (one.customers === undefined) === (customers === undefined);
  if (defined.filter(isAlike).length >= limits.segments_max)
    throw new ContractError(
      'invalid_payload',
      `There are ${limits.segments_max} ${customers ? 'static' : 'active and passive'} segments already`,
    );
}

export type Change = Partial<SegmentDefinition>;

/** Undefined when nothing is different. */
export function changed(before: SegmentDefinition, change: Change): SegmentDefinition | undefined {
  const after = { ...before, ...change };
  if (isSame(after, before)) return undefined;
  assertEditable(before, after);
  return after;
}

/** Contract 3.1: active and static ones are not editable; here all but their name. */
function assertEditable(before: SegmentDefinition, after: SegmentDefinition): void {
  if (before.type !== 'passive' && !isSame({ ...after, name: before.name }, before))
    throw new ContractError('invalid_payload', `Of a segment of type ${before.type} only the name can be changed`);
  if (before.type === 'passive' && (after.type === 'static' || after.customers))
    throw new ContractError('invalid_payload', 'A passive segment can become auto-update, not static');
}

const isSame = (one: SegmentDefinition, other: SegmentDefinition): boolean =>
  JSON.stringify(one) === JSON.stringify(other);
