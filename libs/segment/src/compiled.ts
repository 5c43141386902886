import { type Slice, slicesOf, valueAt } from './attribute.js';
import { clausesOf, type Filter, isTrue, nextMembershipChange } from './filter.js';
import { type Dialect, type Sql, sqlOf } from './sql.js';
import type { Subject } from './subject.js';
import { nextChange } from './condition.js';
import { instantOf } from './time.js';

/** One condition of a filter with the value it read and its outcome. */
export interface ConditionReason {
  readonly attribute: string;
  readonly operator: string;
  readonly operand: readonly string[];
  /** Absent when the subject has no value. */
  readonly value?: unknown;
  readonly truth: boolean;
  /** The time at which the clock alone may change the truth. */
  readonly until?: string;
}

export interface Reason {
  readonly truth: boolean;
  readonly junction: 'and' | 'or';
  readonly conditions: readonly ConditionReason[];
}

/** A filter ready for evaluation. Instants are ISO texts with milliseconds in UTC. */
export interface CompiledFilter {
  readonly source: Filter;
  readonly matches: (subject: Subject, now: string) => boolean;
  /** The earliest time after now at which the clock alone may change the answer. */
  readonly nextMembershipChange: (subject: Subject, now: string) => string | undefined;
  /** The parts of a customer's state that the filter reads: while they are identical, only time changes the answer. */
  readonly slices: ReadonlySet<Slice>;
  /** True when a value that the filter reads differs between the two. */
  readonly differs: (before: Subject, after: Subject) => boolean;
  readonly why: (subject: Subject, now: string) => Reason;
  /** A SQL condition on a row of customers. */
  readonly toSql: (now: string, dialect: Dialect) => Sql;
}

/** Compiles a filter that `parseFilter` has accepted. Throws on anything else. */
export function compileFilter(source: Filter): CompiledFilter {
  const clauses = clausesOf(source);
  const { junction } = source;
  const matches = (subject: Subject, now: string): boolean => {
    const isMet = ({ conditions }: (typeof clauses)[number]): boolean => {
      for (const condition of conditions) if (!isTrue(condition, subject, now)) return false;
      return true;
    };
    return junction === 'and' ? clauses.every(isMet) : clauses.some(isMet);
  };
  const isTimely = clauses.some(({ conditions }) => conditions.some(({ predicate }) => TIMELY.has(predicate.kind)));
  return {
    source,
    matches,
    nextMembershipChange: isTimely ? (subject, now) => nextMembershipChange(clauses, subject, now) : () => undefined,
    slices: new Set(clauses.flatMap(({ attribute }) => slicesOf(attribute.path))),
    differs: (before, after) =>
      clauses.some(({ attribute: { path } }) => !isSame(valueAt(before, path), valueAt(after, path))),
    why: (subject, now) => ({
      truth: matches(subject, now),
      junction,
      conditions: clauses.flatMap(({ conditions }) =>
        conditions.map((condition): ConditionReason => {
          const { attribute, operator, operand, predicate } = condition;
          const value = valueAt(subject, attribute.path);
          const until = nextChange(predicate, value, now);
          return {
            attribute: attribute.name,
            operator,
            operand,
            ...(value !== undefined && { value: attribute.type === 'instant' ? (instantOf(value) ?? value) : value }),
            truth: isTrue(condition, subject, now),
            ...(until !== undefined && { until }),
          };
        }),
      ),
    }),
    toSql: (now, dialect) => sqlOf(clauses, junction, now, dialect),
  };
}

const TIMELY = new Set(['past', 'recent', 'soon', 'far', 'day', 'month']);

const isSame = (one: unknown, other: unknown): boolean =>
  one === other ||
  (typeof one === 'object' && typeof other === 'object' && JSON.stringify(one) === JSON.stringify(other));
