import {
  arrayMaxSize,
  arrayMinSize,
  arrayUnique,
  isArray,
  isBoolean,
  isIn,
  isInt,
  matches,
  max as isAtMost,
  min as isAtLeast,
} from 'class-validator';
import { field } from './field.js';
import { instantProblem, ISO_PATTERN, isoProblem, msSince, msUntil, NOT_ISO, toDay, toInstant } from './instant.js';
import { isObject, jsonProblem } from './json.js';
import { limits } from './limits.js';
import type { Dto, JsonSchema, Presence } from './kind.js';
import { textProblem, textSchema } from './text.js';

const ID = { min: 1, max: limits.id_length_max };

/** An identifier: 1 to 255 characters of any kind. */
export const IsId = (presence?: Presence): PropertyDecorator => text('isId', ID, presence);

/** A list of identifiers; a query may give a single one without a list. */
export const IsIds = ({
  max,
  orOne = false,
  ...presence
}: Presence & { max: number; orOne?: boolean }): PropertyDecorator => {
  const list = { type: 'array', maxItems: max, items: textSchema(ID) };
  const listed = (value: unknown): unknown => (orOne && typeof value === 'string' ? [value] : value);
  return field(
    {
      name: 'isIds',
      schema: orOne ? { anyOf: [list, textSchema(ID)] } : list,
      problem: (said) => {
        const value = listed(said);
        if (!Array.isArray(value)) return 'must be an array';
        if (value.length > max) return `must hold at most ${max} items`;
        return value.every((one) => textProblem(one, ID) === undefined) ? undefined : 'must be an array of identifiers';
      },
      normalize: listed,
    },
    presence,
  );
};

/** Text of at most `max` characters. */
export const IsText = ({
  min = 0,
  max = limits.text_length_max,
  ...presence
}: Presence & { min?: number; max?: number } = {}) => text('isText', { min, max }, presence);

/** One word of a closed list. */
export const IsOneOf = (words: readonly string[], presence: Presence & { default?: string } = {}): PropertyDecorator =>
  field(
    {
      name: 'isOneOf',
      schema: { enum: words },
      problem: (value) => (isIn(value, words) ? undefined : `must be one of: ${words.join(', ')}`),
      ...(presence.default !== undefined && { default: presence.default }),
    },
    presence,
  );

/** A list of 1 to `max` different texts. */
export const IsTexts = ({ max, ...presence }: Presence & { max: number }): PropertyDecorator => {
  const bounds = { min: 1, max: limits.text_length_max };
  const isTexts = (value: unknown): boolean =>
    isArray(value) &&
    arrayMinSize(value, 1) &&
    arrayMaxSize(value, max) &&
    arrayUnique(value) &&
    value.every((one) => textProblem(one, bounds) === undefined);
  return field(
    {
      name: 'isTexts',
      schema: { type: 'array', minItems: 1, maxItems: max, uniqueItems: true, items: textSchema(bounds) },
      problem: (value) => (isTexts(value) ? undefined : `must be a list of 1 to ${max} different texts`),
    },
    presence,
  );
};

/** True or false. */
export const IsFlag = (presence?: Presence): PropertyDecorator =>
  field(
    {
      name: 'isFlag',
      schema: { type: 'boolean' },
      problem: (value) => (isBoolean(value) ? undefined : 'must be true or false'),
    },
    presence,
  );

/** A point in time: an ISO date or date-time with any offset, normalized to `YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ`. */
export const IsInstant = (presence?: Presence): PropertyDecorator => instant(toInstant, presence);

/** The end of a period for records with millisecond times: rounded down. */
export const IsMsUntil = (presence?: Presence): PropertyDecorator =>
  instant((text) => msUntil(toInstant(text)), presence);

/** The beginning of a period for records with millisecond times: rounded up. */
export const IsMsSince = (presence?: Presence): PropertyDecorator =>
  instant((text) => msSince(toInstant(text)), presence);

/** A calendar date; the time of a date-time is dropped (generated clients send one). */
export const IsDay = (presence?: Presence): PropertyDecorator =>
  field(
    {
      name: 'isDay',
      schema: isoSchema('YYYY-MM-DD; the time of a date-time is dropped'),
      problem: (value) => (typeof value === 'string' ? isoProblem(value) : NOT_ISO),
      normalize: toDay,
    },
    presence,
  );

const MOMENT = /^(?:(?:revision:)?\d{1,15}|position:\d{1,19})$/;

/** A point in a history: an instant, `revision:12` (or just 12) or `position:345`. */
export const IsMoment = (presence?: Presence): PropertyDecorator =>
  field(
    {
      name: 'isMoment',
      schema: { type: 'string', description: 'An ISO 8601 date or date-time, revision:<number> or position:<number>' },
      problem: (value) => {
        if (typeof value === 'string' && MOMENT.test(value)) return undefined;
        const problem = typeof value === 'string' ? instantProblem(value) : NOT_ISO;
        return problem === NOT_ISO ? 'must be an ISO-8601 date, revision:<number> or position:<number>' : problem;
      },
      normalize: (text: string) => (MOMENT.test(text) ? text.replace(/^(?=\d)/, 'revision:') : toInstant(text)),
    },
    presence,
  );

const REVISION = /^\d{1,15}$/;

/** The number of an event in its stream, from 0. */
export const IsRevision = (presence?: Presence): PropertyDecorator =>
  field(
    {
      name: 'isRevision',
      schema: { type: 'string', pattern: REVISION.source },
      problem: (value) => (matches(value as string, REVISION) ? undefined : 'must be a revision'),
    },
    presence,
  );

/** Money in minor units, never negative. */
export const IsMinorUnits = (presence?: Presence): PropertyDecorator =>
  integer('isMinorUnits', 0, 'must be an amount in minor units: an integer from 0 to 2^53 - 1', presence);

/** Loyalty points, never negative. */
export const IsPoints = (presence?: Presence): PropertyDecorator =>
  integer('isPoints', 0, 'must be a number of points: an integer from 0 to 2^53 - 1', presence);

/** An amount or a number of points that may be negative. */
export const IsSignedInteger = (presence?: Presence): PropertyDecorator =>
  integer('isSignedInteger', -Number.MAX_SAFE_INTEGER, 'must be an integer between -(2^53 - 1) and 2^53 - 1', presence);

/** A free JSON object: no array, bounded in depth and size, with safe keys. */
export const IsMetadata = (presence?: Presence): PropertyDecorator =>
  field(
    {
      name: 'isMetadata',
      schema: freeObject(limits.metadata_values_max),
      problem: (value) => (isObject(value) ? jsonProblem(value, limits.metadata_values_max) : 'must be an object'),
    },
    presence,
  );

/** A segment filter: like metadata, but its keys are longer, because they contain names chosen by the customer. */
export const IsFilter = (presence?: Presence): PropertyDecorator =>
  field(
    {
      name: 'isFilter',
      schema: freeObject(limits.metadata_values_max, limits.filter_key_length_max),
      problem: (value) =>
        isObject(value)
          ? jsonProblem(value, limits.metadata_values_max, limits.metadata_depth_max, limits.filter_key_length_max)
          : 'must be an object',
    },
    presence,
  );

/** A list of free JSON objects. */
export const IsObjects = ({ max, ...presence }: Presence & { max: number }): PropertyDecorator =>
  field(
    {
      name: 'isObjects',
      schema: { type: 'array', maxItems: max, items: freeObject(limits.list_values_max) },
      problem: (value) =>
        listProblem(value, max) ?? jsonProblem(value, limits.list_values_max, limits.metadata_depth_max + 1),
    },
    presence,
  );

/** An object of another DTO class. */
export const IsNested = (of: Dto, presence?: Presence): PropertyDecorator =>
  field(
    {
      name: 'isNested',
      schema: {},
      problem: (value) => (isObject(value) ? undefined : 'must be an object'),
      nested: { of },
    },
    presence,
  );

/** A list of 1 to `max` objects of another DTO class. */
export const IsNestedList = (of: Dto, { max, ...presence }: Presence & { max: number }): PropertyDecorator =>
  field(
    {
      name: 'isNestedList',
      schema: { type: 'array', minItems: 1, maxItems: max },
      problem: (value) =>
        listProblem(value, max) ?? ((value as unknown[]).length === 0 ? 'must not be empty' : undefined),
      nested: { of, items_max: max },
    },
    presence,
  );

/** An integer in a query: digits, or a number. */
export const IsCount = ({ max, ...rest }: { max: number; default: number }): PropertyDecorator =>
  field(
    {
      name: 'isCount',
      schema: { type: 'integer', minimum: 1, maximum: max, default: rest.default },
      problem: (value) => (isCount(value, max) ? undefined : `must be an integer between 1 and ${max}`),
      normalize: Number,
      default: rest.default,
    },
    { optional: true },
  );

function text(name: string, bounds: { min: number; max: number }, presence?: Presence): PropertyDecorator {
  return field({ name, schema: textSchema(bounds), problem: (value) => textProblem(value, bounds) }, presence);
}

const isoSchema = (description: string): JsonSchema => ({ type: 'string', pattern: ISO_PATTERN, description });
const INSTANT = isoSchema(
  'An ISO 8601 date or date-time with up to nine digits of a second, within the years 1000 to 9999 in UTC; without an offset it is UTC',
);

function instant(normalize: (text: string) => string, presence?: Presence): PropertyDecorator {
  const problem = (value: unknown): string | undefined => (typeof value === 'string' ? instantProblem(value) : NOT_ISO);
  return field({ name: 'isInstant', schema: INSTANT, problem, normalize, is_instant: true }, presence);
}

function integer(name: string, minimum: number, words: string, presence?: Presence): PropertyDecorator {
  const schema = { type: 'integer', minimum, maximum: Number.MAX_SAFE_INTEGER };
  const problem = (value: unknown): string | undefined =>
    isInt(value) && isAtLeast(value, minimum) && isAtMost(value, Number.MAX_SAFE_INTEGER) ? undefined : words;
  // JSON knows -0; adding 0 turns it into 0
  return field({ name, schema, problem, normalize: (value: number) => value + 0 }, presence);
}

function listProblem(value: unknown, max: number): string | undefined {
  if (!Array.isArray(value)) return 'must be an array';
  if (value.length > max) return `must hold at most ${max} items`;
  return value.every(isObject) ? undefined : 'must be an array of objects';
}

const isCount = (value: unknown, max: number): boolean =>
  (typeof value === 'number' || (typeof value === 'string' && /^\d{1,9}$/.test(value))) &&
  Number.isInteger(Number(value)) &&
  Number(value) >= 1 &&
  Number(value) <= max;

const freeObject = (values: number, maxLength: number = limits.metadata_key_length_max): JsonSchema => ({
  type: 'object',
  maxProperties: values,
  propertyNames: { minLength: 1, maxLength, not: { const: '__proto__' } },
  description:
    `At most ${values} values in all, ${limits.metadata_depth_max} levels deep, ` +
    `texts of at most ${limits.long_text_length_max} characters, numbers from -(2^53 - 1) to 2^53 - 1`,
});
