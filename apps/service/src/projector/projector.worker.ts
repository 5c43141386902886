import { together } from '#flow';
import { type Progress, Projector, PROJECTOR } from '#read-model';
import { nameOf, work } from '../ops/worker.js';
import { Forgetting } from '../reactions/forgetting.js';
import { SegmentJudge } from '../segments/judge.js';

/** Reports of the projector's thread: its start position, each batch, and files that cannot be deleted. */
export type ProjectorReport =
  | { readonly kind: 'started'; readonly position: bigint }
  | { readonly kind: 'progress'; readonly progress: Progress }
  /** Files with data of erased customers cannot be deleted yet. */
  | { readonly kind: 'not-forgotten'; readonly error: string };

/** Longer on a server, where each transaction costs round trips. */
const SHARED_INTERVAL_MS = 25;
const INTERVAL_MS = 10;

await work<ProjectorReport>(async (place) => {
  const { config, store, keyring, decoder, model, operations, tell, fails, signal } = place;
  // a purge blocks its thread, so it runs here and not beside the requests
  const forgetting = new Forgetting({ operations, model, store }, config.lease, (error) =>
    tell({
      kind: 'not-forgotten',
      error: `Files that may contain data of erased customers are not deleted yet after ${nameOf(error)}`,
    }),
  );
  const projector = new Projector(model, store, decoder, {
    ...config.lease,
    shards: config.SHARDS,
    batch_size_max: config.PROJECTOR_BATCH_MAX,
    interval_ms: config.DATABASE_URL === undefined ? INTERVAL_MS : SHARED_INTERVAL_MS,
    onBatch: (progress) => {
      // the main thread destroys the keys of erased customers, so this thread drops its copies
      if (progress.erased) keyring.forgetAll();
      tell({ kind: 'progress', progress });
    },
    judge: new SegmentJudge(store, () => new Date().toISOString()),
    onError: (error) => fails(`The projector tries again after ${nameOf(error)}`),
  });
  tell({ kind: 'started', position: (await model.reached(PROJECTOR))?.position ?? 0n });
  await together(signal, [(until) => projector.run(until), (until) => forgetting.run(until)]);
});
