import type { Migrations, Words } from '#database';
import { start } from './0001-start.js';
import { queue } from './0002-queue.js';

/** Never edited, only added to. */
export const migrations = (words: Words): Migrations => ({ '0001-start': start(words), '0002-queue': queue(words) });
