import type { Entities } from './entities.js';
import type { EventOf, JsonObject, Stepped, Subject } from './fold.js';
import type { Reference } from './profile.js';
import { merge, type Registers } from './register.js';
import { stampOf } from './statement.js';

interface ValidationSaid {
  readonly id: string;
  readonly valid: boolean;
  readonly tracking_id?: string;
  readonly metadata?: JsonObject;
  readonly voucher?: JsonObject;
  readonly redeemables?: readonly JsonObject[];
}

/** `validation.succeeded` and `validation.failed`. */
export interface ValidationFact extends ValidationSaid {
  readonly customer: Reference;
}

export type ValidationEvent = EventOf<'ValidationRecorded', ValidationSaid>;

export type ValidationEntity = Registers<{ readonly valid: boolean }>;

declare module './entities.js' {
  interface EntityOf {
    readonly validation: ValidationEntity;
  }
}

export interface Validations {
  readonly succeeded: number;
  readonly failed: number;
}

export const validations: Subject<
  'validations',
  Validations,
  ValidationEvent,
  'validation',
  { readonly validation: ValidationFact }
> = {
  slice: 'validations',
  entities: { validation: true },
  facts: { validation: validationDraft },
  initial: { succeeded: 0, failed: 0 },
  on: {
    ValidationRecorded: {
      personal: ['metadata', 'tracking_id', 'voucher', 'redeemables'],
      touches: ({ id }) => [{ kind: 'validation', id }],
      step: apply,
    },
  },
};

function apply(slice: Validations, event: ValidationEvent, entities: Entities): Stepped<Validations> {
  const { id, valid } = event.data;
  const before = entities.get('validation', id);
  const after = merge(before, { valid }, stampOf(event));
  if (after === before) return [slice, entities];
  return [count(count(slice, before, -1), after, 1), entities.set('validation', id, after)];
}

function count({ succeeded, failed }: Validations, validation: ValidationEntity | undefined, by: 1 | -1): Validations {
  const valid = validation?.values.valid;
  return { succeeded: succeeded + (valid === true ? by : 0), failed: failed + (valid === false ? by : 0) };
}

function validationDraft(_: Entities, { customer: __, ...data }: ValidationFact) {
  return {
    type: 'ValidationRecorded' as const,
    data,
  };
}
