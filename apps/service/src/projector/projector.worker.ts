import { type Progress, Projector, PROJECTOR } from '#read-model';
import { nameOf, together, work } from '../ops/worker.js';
import { Forgetting } from '../reactions/forgetting.js';
import { SegmentJudge } from '../segments/judge.js';

/** The projector's thread reports where it goes on, and each batch. */
export type ProjectorReport =
  | { readonly kind: 'started'; readonly position: bigint }
  | { readonly kind: 'progress'; readonly progress: Progress }
  /** Files that may tell of erased customers cannot be deleted yet. */
  | { readonly kind: 'not-forgotten'; readonly error: string };

/** A transaction on a server costs round trips, whatever is in it. */
const SHARED_INTERVAL_MS = 25;
const INTERVAL_MS = 10;

await work<ProjectorReport>(async (place) => {
  const { config, store, keyring, decoder, model, operations, tell, fails, signal } = place;
  // purging holds up the thread that does it, so it is this one
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
    onTrouble: (error) => fails(`The projector tries again after ${nameOf(error)}`),
  });
  tell({ kind: 'started', position: (await model.reached(PROJECTOR))?.position ?? 0n });
  await together(signal, [(until) => projector.run(until), (until) => forgetting.run(until)]);
});
