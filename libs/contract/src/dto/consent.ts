import { IsId, IsIds, IsText } from '../decorators.js';
import { HasEntries } from '../field.js';
import { isSafeKey } from '../json.js';
import { limits } from '../limits.js';

/** Consent id, or `unsubscribed`, -> given or not. */
@HasEntries({
  schema: {
    type: 'object',
    minProperties: 1,
    maxProperties: limits.consents_max,
    propertyNames: { minLength: 1, maxLength: limits.id_length_max, not: { const: '__proto__' } },
    additionalProperties: { type: 'boolean' },
  },
  problem: consentsProblem,
})
export class ConsentsBody {
  [consent: string]: boolean;
}

function consentsProblem(body: object): string | undefined {
  const entries = Object.entries(body);
  if (entries.length === 0) return 'The payload cannot be empty';
  if (entries.length > limits.consents_max) return `Payload must hold at most ${limits.consents_max} consents`;
  if (!entries.every(([id]) => isSafeKey(id))) {
    return `Payload must have keys of 1 to ${limits.id_length_max} characters, other than __proto__`;
  }
  const wrong = entries.find(([, given]) => typeof given !== 'boolean');
  return wrong && `Property .${wrong[0]} must be a boolean`;
}

const LONG = { max: limits.long_text_length_max, nullish: true } as const;

/** The body of PUT /v1/consents/{id}: absent properties keep their values. */
export class ConsentChangeBody {
  @IsText({ min: 1, nullish: true }) name?: string;
  @IsText(LONG) description?: string;
  @IsText({ nullish: true }) category?: string;
}

/** The body of POST /v1/consents. */
export class ConsentBody extends ConsentChangeBody {
  @IsId({ nullish: true }) id?: string;
  @IsText({ min: 1 }) declare name: string;
}

/** The body of PUT /v1/consents/groups/{id}. */
export class ConsentGroupChangeBody {
  @IsText({ min: 1, nullish: true }) name?: string;
  @IsText(LONG) description?: string;
  @IsIds({ max: limits.consents_max, nullish: true }) consents?: readonly string[];
}

/** The body of POST /v1/consents/groups. */
export class ConsentGroupBody extends ConsentGroupChangeBody {
  @IsId({ nullish: true }) id?: string;
  @IsText({ min: 1 }) declare name: string;
}
