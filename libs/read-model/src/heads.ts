import { type Head, headFrom } from '#customer';

/** The one way to read a stored head. */
export const headOf = (text: string): Head => headFrom(JSON.parse(text) as Head);
