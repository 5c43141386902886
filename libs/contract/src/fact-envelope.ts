import type { CloudEventV1 } from 'cloudevents';
import { IsId, IsInstant, IsOneOf, IsText } from './decorators.js';
import { type FactType, factTypes } from './facts/index.js';
import { field } from './field.js';
import { isObject } from './json.js';
import { limits } from './limits.js';
import { textProblem, textSchema } from './text.js';

const anyObject = field({
  name: 'isObject',
  schema: { type: 'object' },
  problem: (value) => (isObject(value) ? undefined : 'must be an object'),
});

/** Rows of bulk work have this source: a fact under it could pass for one that was done already. */
const OWN_SOURCE = '/v1/async-actions/';
const SOURCE = { min: 1, max: limits.id_length_max };

const isSource = field({
  name: 'isSource',
  schema: { ...textSchema(SOURCE), not: { type: 'string', pattern: `^${OWN_SOURCE}` } },
  problem: (value) =>
    typeof value === 'string' && value.startsWith(OWN_SOURCE)
      ? `must not begin with ${OWN_SOURCE}: the ledger itself is that source`
      : textProblem(value, SOURCE),
});

const DIGITS = `^\\d{1,${limits.sequence_length_max}}$`;
const digits = new RegExp(DIGITS);

/** The CloudEvents extension `sequence`, here always a whole number; JSON numbers would lose digits. */
const isSequence = field(
  {
    name: 'isSequence',
    schema: { type: 'string', pattern: DIGITS },
    problem: (value) =>
      typeof value === 'string' && digits.test(value)
        ? undefined
        : `must be a text of 1 to ${limits.sequence_length_max} digits`,
    settle: (text: string) => text.replace(/^0+(?=\d)/, ''),
  },
  { nullish: true },
);

/** A CloudEvent 1.0 as we ask for it: `time` and `data` are required. */
export class FactEnvelope implements CloudEventV1<unknown> {
  [extension: string]: unknown;
  @IsId() id!: string;
  @isSource source!: string;
  @IsOneOf(['1.0']) specversion!: string;
  @IsOneOf(factTypes) type!: FactType;
  @IsInstant() time!: string;
  @IsText({ nullish: true }) subject?: string;
  @isSequence sequence?: string;
  @anyObject data!: object;
}
