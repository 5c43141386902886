import { hash, randomInt } from 'node:crypto';

/** Sorted by code point, so that ids sort by the time of their creation. */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Milliseconds since 1970 for the next 6,800 years. */
const TIME_LENGTH = 8;
/** 95 bits. */
const RANDOM_LENGTH = 16;

/** The contract's form of a customer id: `cust_` and 24 base62 characters. */
export const newCustomerId = (): string => newId('cust_');

/**
 * An unguessable id that sorts next to the ids before it: rows of new customers are neighbours in every index, where
 * random ids would each touch another page.
 */
export const newId = (prefix: string): string => prefix + timeDigits(Date.now()) + randomDigits();

/** The id of the nth customer of a batch with one id; the same in each call. */
export function nthId(id: string, n: number): string {
  const bytes = Buffer.from(hash('sha256', `${id} ${n}`, 'hex'), 'hex').subarray(0, RANDOM_LENGTH);
  return id.slice(0, -RANDOM_LENGTH) + Array.from(bytes, (byte) => DIGITS[byte % DIGITS.length]).join('');
}

function timeDigits(ms: number): string {
  let text = '';
  for (let left = ms; text.length < TIME_LENGTH; left = Math.floor(left / DIGITS.length))
    text = `${DIGITS[left % DIGITS.length]}${text}`;
  return text;
}

function randomDigits(): string {
  let text = '';
  while (text.length < RANDOM_LENGTH) text += DIGITS[randomInt(DIGITS.length)];
  return text;
}
