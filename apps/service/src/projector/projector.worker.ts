import { Projector, PROJECTOR } from '#read-model';
import { nameOf, work } from '../ops/worker.js';
import { Forgetting } from '../reactions/forgetting.js';
import { SegmentJudge } from '../segments/judge.js';
import type { FromProjector } from './messages.js';

/* The projector's thread: progress and trouble to the main thread, until it says `stop`. */

/** A transaction on a server costs round trips, whatever is in it. */
const SHARED_INTERVAL_MS = 25;
const INTERVAL_MS = 10;

await work<FromProjector>(async ({ config, store, keyring, decoder, model, operations, tell, signal }) => {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  // here, because purging holds up the thread that it is done in
  const forgetting = new Forgetting({ operations, model, store }, config.lease, (error) =>
    tell({ kind: 'not-forgotten', error: `Files that may tell of erased customers wait after ${nameOf(error)}` }),
  );
  const projector = new Projector(model, store, decoder, {
    ...config.lease,
    shards: config.SHARDS,
    batch_size_max: config.PROJECTOR_BATCH_MAX,
    interval_ms: config.DATABASE_URL === undefined ? INTERVAL_MS : SHARED_INTERVAL_MS,
    onBatch: (progress) => {
      // the key of whoever was erased is destroyed by the main thread: no copy stays here
      if (progress.erased) keyring.forgetAll();
      tell({ kind: 'progress', progress });
    },
    judge: new SegmentJudge(store, () => new Date().toISOString()),
    onTrouble: (error) => tell({ kind: 'trouble', error: `The projector tries again after ${nameOf(error)}` }),
  });
  try {
    tell({ kind: 'started', position: (await model.reached(PROJECTOR))?.position ?? 0n });
    // connections are closed when both have ended
    const works = [projector.run(until), forgetting.run(until)].map((one) => one.finally(() => over.abort()));
    const failed = (await Promise.allSettled(works)).find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
  } catch (error) {
    tell({ kind: 'trouble', error: `The projector stopped: ${nameOf(error)}` });
    throw error;
  }
});
