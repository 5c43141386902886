import type { Fact } from './cloud-events.js';
import { FactEnvelope } from './fact-envelope.js';
import { facts } from './facts/index.js';
import type { Dto } from './kind.js';
import { fieldsOf } from './shape.js';

/** A time in a fact, and its path. */
export interface FactTime {
  readonly path: string;
  readonly at: string;
}

/** Every instant in a fact; `IsInstant` declares them. */
export const timesIn = (fact: Fact): readonly FactTime[] => [
  ...told(FactEnvelope, fact, ''),
  ...told(facts[fact.type].data, fact.data, '.data'),
];

function* told(dto: Dto, object: object, at: string): Iterable<FactTime> {
  for (const { property, is_instant, nested } of fieldsOf(dto)) {
    const value = (object as Readonly<Record<string, unknown>>)[property] ?? undefined;
    const path = `${at}.${property}`;
    if (value === undefined) continue;
    if (is_instant) yield { path, at: value as string };
    else if (nested?.items_max !== undefined)
      for (const [n, item] of (value as readonly object[]).entries()) yield* told(nested.of, item, `${path}[${n}]`);
    else if (nested) yield* told(nested.of, value, path);
  }
}
