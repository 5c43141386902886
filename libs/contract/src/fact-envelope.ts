import { matches } from 'class-validator';
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

/** The source of rows of bulk work: a client's fact with this source could be mistaken for a row. */
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

/** The CloudEvents extension `sequence`, always a text of digits, because JSON numbers would lose some. */
const isSequence = field(
  {
    name: 'isSequence',
    schema: { type: 'string', pattern: DIGITS },
    problem: (value) =>
      matches(value as string, digits) ? undefined : `must be a text of 1 to ${limits.sequence_length_max} digits`,
    normalize: (text: string) => text.replace(/^0+(?=\d)/, ''),
  },
  { nullish: true },
);

/** A CloudEvent 1.0 with `time` and `data` required. */
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
