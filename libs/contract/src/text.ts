import { isString } from 'class-validator';
import type { JsonSchema } from './kind.js';

/** NUL and halves of surrogate pairs are refused, because some stores cannot keep them as text. */
const UNSTORABLE = /[\0\p{Cs}]/u;

export interface TextBounds {
  readonly min?: number;
  readonly max: number;
}

/** The problem with a text; its length counts code points. */
export function textProblem(value: unknown, { min = 0, max }: TextBounds): string | undefined {
  if (!isString(value)) return 'must be a string';
  if (value.length < min) return 'must not be empty';
  if (isLonger(value, max)) return `must be at most ${max} characters long`;
  return UNSTORABLE.test(value) ? 'must not hold NUL or half a surrogate pair' : undefined;
}

export const textSchema = ({ min = 0, max }: TextBounds): JsonSchema => ({
  type: 'string',
  ...(min > 0 && { minLength: min }),
  maxLength: max,
  pattern: '^[^\\u0000\\p{Cs}]*$',
});

/** A code point is one or two units, so most texts need no counting. */
const isLonger = (text: string, max: number): boolean =>
  text.length > 2 * max || (text.length > max && [...text].length > max);
