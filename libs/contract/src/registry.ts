import type { JsonSchema } from '#encoding';

export type { JsonSchema };
export type Dto<T extends object = object> = new () => T;

/** Optionality and the meaning of null. By default a property is required and not null. */
export interface Presence {
  /** The property may be absent. */
  readonly optional?: true;
  /** Null is a value of its own and is kept. */
  readonly nullable?: true;
  /** The property may be absent, and null means absent: it is dropped. */
  readonly nullish?: true;
}

/** A kind of property: its check, its normal form and its schema. */
export interface Kind {
  readonly name: string;
  /** The schema of a value that is not null. */
  readonly schema: JsonSchema;
  /** The problem with a value, as the end of a sentence: "must be a string". */
  readonly problem: (value: unknown) => string | undefined;
  /** The normal form of a valid value. */
  readonly normalize?: (value: never) => unknown;
  /** A point in time; those of facts must lie in the past. */
  readonly is_instant?: true;
  /** An object of another class; `items_max` makes it a list of them. */
  readonly nested?: { readonly of: Dto; readonly items_max?: number };
  readonly default?: unknown;
}

export interface Field extends Kind, Presence {
  readonly property: string;
}

/** An object whose keys are data. */
export interface Entries {
  readonly schema: JsonSchema;
  /** The problem, as a whole sentence. */
  readonly problem: (object: object) => string | undefined;
}

/** The declarations of one class. */
interface Shape {
  readonly own: Map<string, Field>;
  readonly needs: (readonly string[])[];
  entries?: Entries;
}

const shapes = new WeakMap<Dto, Shape>();
const allFields = new WeakMap<Dto, readonly Field[]>();
const allNeeds = new WeakMap<Dto, readonly (readonly string[])[]>();

export function shapeOf(dto: Dto): Shape {
  return remembered(shapes, dto, () => ({ own: new Map(), needs: [] }));
}

/** The properties of a class, inherited ones first; a subclass may declare one again. */
export const fieldsOf = (dto: Dto): readonly Field[] =>
  remembered(allFields, dto, () => [...new Map(lineage(dto).flatMap((one) => [...shapeOf(one).own])).values()]);

/** Groups of properties of which one is required. */
export const needsOf = (dto: Dto): readonly (readonly string[])[] =>
  remembered(allNeeds, dto, () => lineage(dto).flatMap((one) => shapeOf(one).needs));

export const entriesOf = (dto: Dto): Entries | undefined => shapeOf(dto).entries;

function lineage(dto: Dto): Dto[] {
  const parent = Object.getPrototypeOf(dto.prototype) as object;
  return parent === Object.prototype ? [dto] : [...lineage(parent.constructor as Dto), dto];
}

function remembered<V>(cache: WeakMap<Dto, V>, dto: Dto, make: () => V): V {
  let value = cache.get(dto);
  if (value === undefined) cache.set(dto, (value = make()));
  return value;
}
