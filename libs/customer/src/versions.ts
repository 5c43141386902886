import { eventTypes } from './customer.js';

type Upcast = (data: object) => object;

/**
 * How data of an older schema version becomes that of the next: type -> [1 to 2, 2 to 3, ...]. Events are never
 * rewritten; a new version adds a line here and a file in golden/.
 */
const upcasts: { readonly [type: string]: readonly Upcast[] } = {
  // 2 may say which wording each consent had
  ConsentChanged: [(data) => data],
};

/** The version in which each event type is written today. */
export const versions: { readonly [type: string]: number } = Object.fromEntries(
  eventTypes.map((type) => [type, 1 + (upcasts[type]?.length ?? 0)]),
);

/** Data of any version ever written, in today's form. Throws for a type or a version that nobody knows. */
export function upcast(type: string, version: number, data: object): object {
  const current = Object.hasOwn(versions, type) ? versions[type] : undefined;
  if (current === undefined || !Number.isInteger(version) || version < 1 || version > current) {
    throw new TypeError(`version ${version} of ${type} is not known`);
  }
  return (upcasts[type] ?? []).slice(version - 1).reduce((older, step) => step(older), data);
}
