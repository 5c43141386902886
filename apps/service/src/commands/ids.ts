import { hash, randomInt } from 'node:crypto';

/** In the order of their code points, so that ids sort by the time at which they were made. */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Milliseconds since 1970 for the next 6,800 years. */
const TIME_LENGTH = 8;
/** 95 bits. */
const RANDOM_LENGTH = 16;

/** The contract's form of a customer id: `cust_` and 24 base62 characters. */
export const newCustomerId = (): string => newId('cust_');

/**
 * An id that nobody can guess, next to those that were made just before it: rows of new customers then lie side by side in
 * every index, where random ids would each touch a page of their own.
 */
export const newId = (prefix: string): string => prefix + timeDigits(Date.now()) + randomDigits();

/** The id of the nth customer of several that are made together under one id: the same whenever it is asked for. */
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
