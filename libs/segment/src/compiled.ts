import { type Slice, slicesOf, valueAt } from './attribute.js';
import { clausesOf, type Filter, isTrue, nextFlip } from './filter.js';
import { type Dialect, type Sql, sqlOf } from './sql.js';
import type { Subject } from './subject.js';
import { nextChange } from './test.js';
import { instantOf } from './time.js';

/** One condition of a filter: what it asks, what is there, and whether it holds. */
export interface ConditionReason {
  readonly attribute: string;
  readonly operator: string;
  readonly operand: readonly string[];
  /** Absent when there is none. */
  readonly value?: unknown;
  readonly truth: boolean;
  /** When time alone may change the truth. */
  readonly until?: string;
}

export interface Reason {
  readonly truth: boolean;
  readonly junction: 'and' | 'or';
  readonly conditions: readonly ConditionReason[];
}

/** A filter, ready to be asked. Instants are ISO texts with milliseconds in UTC. */
export interface CompiledFilter {
  readonly source: Filter;
  readonly matches: (subject: Subject, now: string) => boolean;
  /** The earliest time after now at which time alone may change the answer: until then it stays. */
  readonly nextFlip: (subject: Subject, now: string) => string | undefined;
  /** The parts of a customer's state that it looks at: while these are the very same, only time changes the answer. */
  readonly slices: ReadonlySet<Slice>;
  /** Whether a value that it looks at is not the same in both. */
  readonly differs: (before: Subject, after: Subject) => boolean;
  readonly why: (subject: Subject, now: string) => Reason;
  /** A condition on a row of customers. */
  readonly toSql: (now: string, dialect: Dialect) => Sql;
}

/** Of a filter that `parseFilter` has read. Throws on anything else. */
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
  const isTimely = clauses.some(({ conditions }) => conditions.some(({ test }) => TIMELY.has(test.kind)));
  return {
    source,
    matches,
    nextFlip: isTimely ? (subject, now) => nextFlip(clauses, subject, now) : () => undefined,
    slices: new Set(clauses.flatMap(({ attribute }) => slicesOf(attribute.path))),
    differs: (before, after) =>
      clauses.some(({ attribute: { path } }) => !isSame(valueAt(before, path), valueAt(after, path))),
    why: (subject, now) => ({
      truth: matches(subject, now),
      junction,
      conditions: clauses.flatMap(({ conditions }) =>
        conditions.map((condition): ConditionReason => {
          const { attribute, operator, operand, test } = condition;
          const value = valueAt(subject, attribute.path);
          const until = nextChange(test, value, now);
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
