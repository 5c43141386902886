import {
  registerDecorator,
  Validate,
  ValidateIf,
  ValidateNested,
  type ValidationArguments,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
} from 'class-validator';
import type { Entries, JsonSchema, Kind, Presence, Traits } from './kind.js';

/** A property decorator that registers one kind of property as class-validator's own metadata. */
export function field({ name, problem, nested, ...kind }: Kind, presence: Presence = {}): PropertyDecorator {
  const decorators = [
    // always registered, so that a property declared again replaces the condition it had in the parent class
    ValidateIf(isJudged(presence), { context: presence satisfies Traits }),
    Validate(constraint(name, problem), { context: { name, ...kind } satisfies Traits }),
    ...(nested ? [ValidateNested({ context: { nested } satisfies Traits })] : []),
  ];
  return (prototype, property) => {
    for (const decorate of decorators) decorate(prototype, property);
  };
}

function constraint(name: string, problem: Kind['problem']): new () => ValidatorConstraintInterface {
  @ValidatorConstraint({ name })
  class Constraint implements ValidatorConstraintInterface {
    validate(value: unknown): boolean {
      return problem(value) === undefined;
    }

    defaultMessage(args?: ValidationArguments): string {
      return problem(args?.value) ?? '';
    }
  }
  return Constraint;
}

/** Class decorator: requires at least one of these properties. Null counts as absent. */
export function NeedsOneOf(...properties: readonly string[]): ClassDecorator {
  const names = properties.map((name) => `'${name}'`).join(' or ');
  return object({
    name: `needsOneOf: ${names}`,
    schema: {
      anyOf: properties.map((name) => ({ required: [name], properties: { [name]: { not: { type: 'null' } } } })),
    },
    problem: (given) =>
      properties.some((name) => (given[name] ?? undefined) !== undefined)
        ? undefined
        : `should have required property ${names}`,
  });
}

/** Class decorator: the keys of the object are data. */
export const HasEntries = ({ schema, problem }: Entries): ClassDecorator =>
  object({ name: 'hasEntries', schema, problem, has_entries: true });

interface ObjectKind extends Traits {
  readonly schema: JsonSchema;
  readonly problem: (object: Readonly<Record<string, unknown>>) => string | undefined;
}

/** class-validator knows constraints on properties only, so this one takes a property that no object has. */
function object({ problem, ...traits }: ObjectKind & { readonly name: string }): ClassDecorator {
  const problemOf = (given: object | undefined): string | undefined =>
    problem((given ?? {}) as Record<string, unknown>);
  return (target) =>
    registerDecorator({
      name: traits.name,
      target: target,
      propertyName: traits.name,
      options: { context: { ...traits, of_object: true } satisfies Traits },
      validator: {
        validate: (_, args) => problemOf(args?.object) === undefined,
        defaultMessage: (args) => problemOf(args?.object) ?? '',
      },
    });
}

function isJudged({ optional, nullable, nullish }: Presence): (object: object, value: unknown) => boolean {
  const [mayBeAbsent, mayBeNull] = [optional === true || nullish === true, nullable === true || nullish === true];
  return (_, value) => (value === undefined ? !mayBeAbsent : value !== null || !mayBeNull);
}
