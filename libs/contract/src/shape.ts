import { getMetadataStorage, type MetadataStorage, type ValidationArguments, ValidationTypes } from 'class-validator';
import type { Dto, JsonSchema, Presence, Traits } from './kind.js';

type Properties = Readonly<Record<string, unknown>>;

type Condition = (object: Properties, value: unknown) => boolean;

export interface Validator {
  readonly holds: (value: unknown, object: Properties) => boolean;
  readonly problem: (value: unknown, object: Properties) => string;
}

/** A property, compiled from its metadata. All have the same keys in the same order, which is what makes them quick to read. */
export interface Field extends Required<Presence> {
  readonly property: string;
  readonly name: string;
  readonly schema: JsonSchema;
  readonly normalize: Traits['normalize'];
  readonly is_instant: boolean;
  readonly nested: Traits['nested'];
  readonly default: unknown;
  /** Without this the value is not judged. */
  readonly isJudged: Condition;
  readonly validators: readonly Validator[];
}

/** A class, compiled from the metadata that class-validator holds of it. */
export interface Shape {
  /** Inherited ones first; a subclass may declare one again. */
  readonly fields: readonly Field[];
  /** Rules for the object as a whole. */
  readonly rules: readonly (Validator & { readonly schema: JsonSchema })[];
  readonly has_entries: boolean;
}

const shapes = new WeakMap<Dto, Shape>();

export function shapeOf(dto: Dto): Shape {
  let shape = shapes.get(dto);
  if (shape === undefined) shapes.set(dto, (shape = compile(dto)));
  return shape;
}

export const fieldsOf = (dto: Dto): readonly Field[] => shapeOf(dto).fields;

type Metadata = ReturnType<MetadataStorage['getTargetValidationMetadatas']>[number];

function compile(dto: Dto): Shape {
  const all = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  for (const metadata of all) assertUnderstood(dto, metadata);
  const ofObject = all.filter(isOfObject);
  return {
    fields: propertiesOf(dto).map((name) =>
      fieldOf(
        dto,
        name,
        all.filter(({ propertyName }) => propertyName === name),
      ),
    ),
    rules: ofObject.flatMap((metadata) =>
      validatorsOf(dto, metadata).map((validator) => ({ schema: {}, ...traitsOf([metadata]), ...validator })),
    ),
    has_entries: traitsOf(ofObject).has_entries === true,
  };
}

/** In the order of their first declaration. */
function propertiesOf(dto: Dto): readonly string[] {
  const parent = Object.getPrototypeOf(dto.prototype) as object;
  const inherited = parent === Object.prototype ? [] : propertiesOf(parent.constructor as Dto);
  const own = getMetadataStorage()
    .getTargetValidationMetadatas(dto, '', false, false)
    .filter((metadata) => metadata.target === dto && !isOfObject(metadata))
    .map(({ propertyName }) => propertyName);
  return [...new Set([...inherited, ...own])];
}

const isOfObject = ({ context }: Metadata): boolean => (context as Traits | undefined)?.of_object === true;

function fieldOf(dto: Dto, property: string, metadatas: readonly Metadata[]): Field {
  const traits = traitsOf(metadatas);
  if (!traits.name || !traits.schema) throw new TypeError(`${dto.name}.${property} has validators, but no kind`);
  const conditions = metadatas.filter(isConditional).map(({ constraints }) => constraints[0] as Condition);
  const [only, ...others] = conditions;
  return {
    property,
    name: traits.name,
    schema: traits.schema,
    normalize: traits.normalize,
    is_instant: traits.is_instant ?? false,
    nested: traits.nested,
    default: traits.default,
    optional: traits.optional ?? false,
    nullable: traits.nullable ?? false,
    nullish: traits.nullish ?? false,
    isJudged: only && others.length === 0 ? only : (object, value) => conditions.every((one) => one(object, value)),
    validators: metadatas.flatMap((metadata) => validatorsOf(dto, metadata)),
  };
}

const isConditional = ({ type }: Metadata): boolean => type === ValidationTypes.CONDITIONAL_VALIDATION;

const traitsOf = (metadatas: readonly Metadata[]): Traits =>
  Object.assign({}, ...metadatas.map(({ context }) => context as unknown)) as Traits;

function validatorsOf(dto: Dto, metadata: Metadata): Validator[] {
  const { constraintCls, constraints, propertyName: property, message } = metadata;
  return getMetadataStorage()
    .getTargetValidatorConstraints(constraintCls)
    .map(({ instance }) => {
      const args = (value: unknown, object: Properties): ValidationArguments => {
        return { value, object, property, constraints, targetName: dto.name };
      };
      const worded = message ?? ((given: ValidationArguments) => instance.defaultMessage?.(given) ?? 'is not valid');
      return {
        // most validators look at nothing but the value, and this is done for each property of each fact
        holds:
          instance.validate.length < 2
            ? (value) => instance.validate(value) === true
            : (value, object) => instance.validate(value, args(value, object)) === true,
        problem: (value, object) => (typeof worded === 'string' ? worded : worded(args(value, object))),
      };
    });
}

const TYPES = [
  ValidationTypes.CUSTOM_VALIDATION,
  ValidationTypes.CONDITIONAL_VALIDATION,
  ValidationTypes.NESTED_VALIDATION,
];

/** class-validator offers more than is compiled here; none of it may be left out silently. */
function assertUnderstood(
  dto: Dto,
  { propertyName, type, each, groups, validateIf, context, constraintCls }: Metadata,
): void {
  const isAsync = getMetadataStorage()
    .getTargetValidatorConstraints(constraintCls)
    .some((constraint) => constraint.async);
  const isBare = type === ValidationTypes.NESTED_VALIDATION && (context as Traits | undefined)?.nested === undefined;
  if (TYPES.includes(type) && !each && !groups?.length && !validateIf && !isAsync && !isBare) return;
  throw new TypeError(`${dto.name}.${propertyName}: its ${type} is not understood`);
}
