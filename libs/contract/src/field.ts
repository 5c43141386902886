import { registerDecorator } from 'class-validator';
import { fits, hasOneOf, missing, problemsIn } from './problems.js';
import { type Dto, type Entries, type Field, type Kind, type Presence, shapeOf } from './registry.js';

/** A property decorator that registers the class-validator constraint and the schema of one kind of property. */
export function field(kind: Kind, presence: Presence = {}): PropertyDecorator {
  return (prototype, key) => {
    const dto = prototype.constructor as Dto;
    const property = String(key);
    const field: Field = { ...kind, ...presence, property };
    shapeOf(dto).own.set(property, field);
    constrain(dto, property, kind.name, {
      holds: (value) => fits(field, value),
      problem: (value) => [...problemsIn(field, value)].join('; '),
    });
  };
}

/** Class decorator: requires at least one of these properties. */
export function NeedsOneOf(...properties: readonly string[]): ClassDecorator {
  return (target) => {
    const dto = target as unknown as Dto;
    shapeOf(dto).needs.push(properties);
    // class-validator only knows constraints on properties, so this one uses a property that no object has
    constrain(dto, '', 'needsOneOf', {
      holds: (_, object) => hasOneOf(properties, object),
      problem: () => missing(properties),
    });
  };
}

/** Class decorator: the keys of the object are data. */
export function HasEntries(entries: Entries): ClassDecorator {
  return (dto) => {
    shapeOf(dto as unknown as Dto).entries = entries;
  };
}

interface Constraint {
  readonly holds: (value: unknown, object: Readonly<Record<string, unknown>>) => boolean;
  readonly problem: (value: unknown) => string;
}

function constrain(target: Dto, propertyName: string, name: string, { holds, problem }: Constraint): void {
  registerDecorator({
    name,
    target,
    propertyName,
    validator: {
      validate: (value, args) => holds(value, args?.object as Record<string, unknown>),
      defaultMessage: (args) => problem(args?.value),
    },
  });
}
