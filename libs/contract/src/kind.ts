import type { JsonSchema } from '#encoding';
export type { JsonSchema };
export type Dto<T extends object = object> = new () => T;

/** Optionality and the meaning of null. By default a property is required and not null. */
export interface Presence {
  /** The property may be absent. */
  readonly optional?: boolean;
  /** Null is a value of its own and is kept. */
  readonly nullable?: boolean;
  /** The property may be absent, and null means absent: it is dropped. */
  readonly nullish?: boolean;
}

/** Traits of a property beside its validators, as the `context` of its metadata. */
export interface Traits extends Presence {
  readonly name?: string;
  /** The schema of a value that is not null. */
  readonly schema?: JsonSchema;
  /** The normal form of a valid value. */
  readonly normalize?: (value: never) => unknown;
  /** A point in time; those of facts must lie in the past. */
  readonly is_instant?: true;
  /** An object of another class; `items_max` makes it a list of them. */
  readonly nested?: { readonly of: Dto; readonly items_max?: number };
  readonly default?: unknown;
  /** It is about the object as a whole. */
  readonly of_object?: true;
  /** The keys of the object are data. */
  readonly has_entries?: true;
}

/** A kind of property: its check, its normal form and its schema. */
export interface Kind extends Pick<Traits, 'normalize' | 'is_instant' | 'nested' | 'default'> {
  readonly name: string;
  readonly schema: JsonSchema;
  /** The problem with a value, as the end of a sentence: "must be a string". */
  readonly problem: (value: unknown) => string | undefined;
}

/** An object whose keys are data. */
export interface Entries {
  readonly schema: JsonSchema;
  /** The problem, as a whole sentence. */
  readonly problem: (object: object) => string | undefined;
}
