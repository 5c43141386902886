import type { Migrations, Words } from '#database';
import { start } from './0001-start.js';
import { shards } from './0002-shards.js';
import { generations } from './0003-generations.js';
import { orders } from './0004-orders.js';
import { segmentLooks } from './0005-segment-looks.js';
import { jobs } from './0006-jobs.js';
import { webhooks } from './0007-webhooks.js';
import { flips } from './0008-flips.js';
import { foldVersion } from './0009-fold-version.js';
import { activityObjects } from './0010-activity-objects.js';
import { operationsMoved } from './0011-operations-moved.js';

/** Released migrations are never edited. */
export const migrations = (words: Words): Migrations => ({
  '0001-start': start(words),
  '0002-shards': shards(words),
  '0003-generations': generations(words),
  '0004-orders': orders(words),
  '0005-segment-looks': segmentLooks(words),
  '0006-jobs': jobs(words),
  '0007-webhooks': webhooks(words),
  '0008-flips': flips(words),
  '0009-fold-version': foldVersion(words),
  '0010-activity-objects': activityObjects(words),
  '0011-operations-moved': operationsMoved(),
});
