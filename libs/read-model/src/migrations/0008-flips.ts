import { type Kysely, type Migration, type RawBuilder, sql } from 'kysely';
import type { Words } from '#database';
import { dropOthers } from './0004-orders.js';

/** An index to find the entries and exits of a segment. */
export const flips = (words: Words): Migration => ({
  async up(db: Kysely<unknown>): Promise<void> {
    for (const index of flipIndexes(db, words)) await index();
    await dropOthers(db);
  },
});

/** Spelled out, not bound: the index holds for exactly this condition. */
export const isFlip = sql<boolean>`type in ('customer.segment.entered', 'customer.segment.left')`;

/** The segment that an activity is about. */
export const segmentOf = (words: Words): RawBuilder<string> => words.within('data', ['data', 'segment', 'id']);

/** The indexes that this adds to a generation; existing ones stay. */
export const flipIndexes = (db: Kysely<unknown>, words: Words): (() => Promise<void>)[] => [
  () =>
    db.schema
      .createIndex('activities_by_segment')
      .ifNotExists()
      .on('activities')
      .expression(segmentOf(words))
      .columns(['created_at', 'id'])
      .where(isFlip)
      .execute(),
];
