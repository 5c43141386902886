import type { Migrations, Words } from '#database';
import { start } from './0001-start.js';

/** Never edited, only added to. */
export const migrations = (words: Words): Migrations => ({ '0001-start': start(words) });
