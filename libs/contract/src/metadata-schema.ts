import { instantProblem, isoProblem, NOT_ISO } from './instant.js';
import { isObject } from './json.js';
import { limits } from './limits.js';

/* A project's schema of metadata (contract section 8): its own validation, and the validation of metadata against it. */

export const METADATA_TYPES = [
  'string',
  'number',
  'boolean',
  'date',
  'datetime',
  'image_url',
  'object',
  'geopoint',
] as const;
export type MetadataType = (typeof METADATA_TYPES)[number];

export interface MetadataProperty {
  readonly type: MetadataType;
  readonly array: boolean;
  /** False forbids null. A partial update cannot require the key itself. */
  readonly optional: boolean;
  /** The name of the schema of an object. */
  readonly objectType?: string;
}

export interface MetadataRules {
  readonly properties: Readonly<Record<string, MetadataProperty>>;
  /** True refuses other keys; otherwise they may hold anything. */
  readonly allow_defined_only: boolean;
}

/** Finds the rules of a nested schema by its name. */
export type Nested = (name: string) => MetadataRules | undefined;

/** The properties of a schema in their full form, or the problem with them. */
export function metadataProperties(given: Readonly<Record<string, unknown>>): MetadataRules['properties'] | string {
  const entries = Object.entries(given);
  if (entries.length > limits.metadata_definitions_max)
    return `Property .properties must hold at most ${limits.metadata_definitions_max} definitions`;
  const problem = entries.map(([name, one]) => propertyProblem(name, one)).find((found) => found !== undefined);
  if (problem !== undefined) return problem;
  return Object.fromEntries(entries.map(([name, one]) => [name, full(one as MetadataProperty)]));
}

const full = ({
  type,
  array,
  optional,
  objectType,
}: Partial<MetadataProperty> & Pick<MetadataProperty, 'type'>): MetadataProperty => ({
  type,
  array: array ?? false,
  optional: optional ?? true,
  ...(objectType !== undefined && { objectType }),
});

function propertyProblem(name: string, one: unknown): string | undefined {
  const path = `Property .properties.${name}`;
  if (!isObject(one)) return `${path} must be an object`;
  const { type, array = false, optional = true, objectType } = one;
  if (!METADATA_TYPES.includes(type as MetadataType))
    return `${path}.type must be one of: ${METADATA_TYPES.join(', ')}`;
  if (![array, optional].every((flag) => typeof flag === 'boolean'))
    return `${path}: array and optional must be true or false`;
  const isFitting = objectType === undefined || (typeof objectType === 'string' && type === 'object');
  return isFitting ? undefined : `${path}.objectType must name a schema, of an object`;
}

/** The problem with metadata, in the contract's words; undefined when they match. */
export function metadataProblem(rules: MetadataRules, metadata: object, nested: Nested, at = ''): string | undefined {
  for (const [key, value] of Object.entries(metadata)) {
    const path = `${at}${key}`;
    const property = Object.hasOwn(rules.properties, key) ? rules.properties[key] : undefined;
    if (!property && rules.allow_defined_only) return `${path}: is not defined in the schema`;
    const problem = property && valueProblem(property, value, nested, path);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function valueProblem(property: MetadataProperty, value: unknown, nested: Nested, path: string): string | undefined {
  if (value === null) return property.optional ? undefined : `${path}: must not be null`;
  if (!property.array) return itemProblem(property, value, nested, path);
  if (!Array.isArray(value)) return wrong(path, 'must be an array', value);
  return value.map((one) => itemProblem(property, one, nested, path)).find((problem) => problem !== undefined);
}

function itemProblem({ type, objectType }: MetadataProperty, value: unknown, nested: Nested, path: string) {
  if (!CHECKS[type](value)) return wrong(path, `must be ${NAMES[type]}`, value);
  const unkept = type === 'datetime' ? instantProblem(value as string) : undefined;
  if (unkept !== undefined) return wrong(path, unkept, value);
  const inner = objectType === undefined ? undefined : nested(objectType);
  return inner && metadataProblem(inner, value as object, nested, `${path}.`);
}

const wrong = (path: string, problem: string, value: unknown): string =>
  `${path}: ${problem} (actual value is '${typeof value === 'string' ? value : JSON.stringify(value)}')`;

const NAMES: Readonly<Record<MetadataType, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  date: 'a date (YYYY-MM-DD)',
  datetime: 'an ISO 8601 date-time',
  image_url: 'the address of an image (http or https)',
  object: 'an object',
  geopoint: 'a place: {lat, lng}, or the text "lat,lng"',
};

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const PLACE = /^\s*(-?\d{1,3}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)\s*$/;

const CHECKS: Readonly<Record<MetadataType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  date: (value) => typeof value === 'string' && DAY.test(value) && isoProblem(value) === undefined,
  datetime: (value) => typeof value === 'string' && instantProblem(value) !== NOT_ISO,
  image_url: (value) => typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value),
  object: isObject,
  geopoint: isPlace,
};

function isPlace(value: unknown): boolean {
  const [, lat, lng] =
    typeof value === 'string' ? (PLACE.exec(value) ?? []) : isObject(value) ? [, value['lat'], value['lng']] : [];
  const isWithin = (number: unknown, most: number): boolean =>
    (typeof number === 'number' || typeof number === 'string') && Math.abs(Number(number)) <= most;
  return isWithin(lat, 90) && isWithin(lng, 180);
}

/** The value of a CSV cell: text unless the schema has another type; a cell that does not parse stays text, and is refused later. */
export function typedCell({ properties }: MetadataRules, key: string, text: string): unknown {
  const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
  if (!property) return text;
  if (text === 'null') return null;
  return property.array
    ? text.split(',').map((part) => typedText(property.type, part.trim()))
    : typedText(property.type, text);
}

function typedText(type: MetadataType, text: string): unknown {
  // spreadsheets write booleans in capitals
  if (type === 'boolean' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if (type === 'number') return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
  return text;
}
