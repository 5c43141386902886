export type JsonSchema = Readonly<Record<string, unknown>>;
export type Dto<T extends object = object> = new () => T;

/** Who may leave a property out, and what null means there. Nothing given: the property is required and not null. */
export interface Presence {
  /** May be left out. */
  readonly optional?: true;
  /** Null is a value of its own and is kept. */
  readonly nullable?: true;
  /** May be left out, and null says no more than that: it is dropped. */
  readonly nullish?: true;
}

/** What a property holds: how it is checked, how it is settled into its one written form, and how a schema says so. */
export interface Kind {
  readonly name: string;
  /** Of a value that is not null. */
  readonly schema: JsonSchema;
  /** What is wrong with a value, as the end of a sentence: "must be a string". */
  readonly problem: (value: unknown) => string | undefined;
  /** The one written form of a value without problems. */
  readonly settle?: (value: never) => unknown;
  /** A point in time; all that facts tell are of what has happened. */
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
  /** What is wrong, as a whole sentence. */
  readonly problem: (object: object) => string | undefined;
}

/** All that the decorators of one class say. */
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

/** The properties of a class, inherited ones first; what a class declares anew is as it says. */
export const fieldsOf = (dto: Dto): readonly Field[] =>
  remembered(allFields, dto, () => [...new Map(lineage(dto).flatMap((one) => [...shapeOf(one).own])).values()]);

/** Groups of properties of which one must be there. */
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
