import { limits } from './limits.js';
import { textProblem } from './text.js';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export type JsonObject = { readonly [key: string]: JsonValue };

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The problem of free JSON (metadata, items): bounded in depth, size and text, and safe to copy key by key. */
export function jsonProblem(
  value: unknown,
  valuesMax: number,
  depthMax: number = limits.metadata_depth_max,
  keyLengthMax: number = limits.metadata_key_length_max,
): string | undefined {
  return walk(value, depthMax, { left: valuesMax, max: valuesMax, key_length_max: keyLengthMax });
}

interface Budget {
  left: number;
  readonly max: number;
  readonly key_length_max: number;
}

function walk(value: unknown, depth: number, budget: Budget): string | undefined {
  if (typeof value === 'object' && value !== null)
    return depth === 0 ? 'is nested too deeply' : walkInto(value, depth, budget);
  if (typeof value === 'string') return textProblem(value, { max: limits.long_text_length_max }) && TEXTS;
  if (typeof value === 'number') return isExact(value) ? undefined : NUMBERS;
  return value === null || typeof value === 'boolean' ? undefined : 'must hold JSON values only';
}

const TEXTS = `must hold texts of at most ${limits.long_text_length_max} characters, without NUL or half surrogate pairs`;

const NUMBERS = 'must hold numbers from -(2^53 - 1) to 2^53 - 1 only';

/** From 2^53 on the parser has rounded: 9007199254740993 became ...992, and 1e400 infinite. */
const isExact = (value: number): boolean => Math.abs(value) <= Number.MAX_SAFE_INTEGER;

/** A refusal asks for its reason several times; an oversized object is counted only once. */
const oversized = new WeakSet<object>();

function sizeOf(value: object, max: number): number {
  if (oversized.has(value)) return Number.POSITIVE_INFINITY;
  const size = Array.isArray(value) ? value.length : Object.keys(value).length;
  if (size > max) oversized.add(value);
  return size;
}

function walkInto(value: object, depth: number, budget: Budget): string | undefined {
  budget.left -= sizeOf(value, budget.max);
  if (budget.left < 0) return `must hold at most ${budget.max} values`;
  const longest = budget.key_length_max;
  if (!Array.isArray(value) && !Object.keys(value).every((key) => isSafeKey(key, longest)))
    return `must have keys of 1 to ${longest} characters, other than __proto__`;
  for (const inner of Object.values(value) as readonly unknown[]) {
    const problem = walk(inner, depth - 1, budget);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** A plain assignment swallows only `__proto__`. */
export const isSafeKey = (key: string, max: number = limits.metadata_key_length_max): boolean =>
  key !== '__proto__' && textProblem(key, { min: 1, max }) === undefined;
