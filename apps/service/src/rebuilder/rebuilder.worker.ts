import { randomBytes } from 'node:crypto';
import { Purge } from '#database';
import { sleep } from '#flow';
import { Auditor, type Mismatch, type Rebuild, Rebuilder } from '#read-model';
import { nameOf, type Workplace, work } from '../ops/worker.js';

/** Reports of the rebuilder's thread: requested rebuilds, and audits of a few customers. */
export type RebuilderReport =
  /** Another generation of rows is live. */
  | { readonly kind: 'switched' }
  | { readonly kind: 'ended'; readonly rebuild: Rebuild }
  | {
      readonly kind: 'audited';
      readonly customers: number;
      readonly mismatches: readonly Mismatch[];
      /** The number of customers with wrong rows that could not be repaired. */
      readonly beyond_mending: number;
    };

/** The longest life of key copies in this thread, because other threads destroy the keys of erased customers. */
const KEYS_MS_MAX = 5_000;
/** The shortest pause after a failed audit. */
const RETRY_MS_MIN = 5_000;

await work<RebuilderReport>(async (place) => {
  const { config, store, keyring, decoder, model, operations, tell, fails, signal } = place;
  const forgetting = setInterval(() => keyring.forgetAll(), KEYS_MS_MAX);
  const onError = (error: unknown): void => fails(`A rebuild tries again after ${nameOf(error)}`);
  const purge = new Purge(operations, onError);
  const onErased = async (): Promise<void> => {
    await operations.forgetFiles();
    await purge.purgeIfDue();
  };
  const rebuilder = new Rebuilder(model, store, decoder, {
    ...config.lease,
    onSwitch: () => tell({ kind: 'switched' }),
    onEnd: (rebuild) => tell({ kind: 'ended', rebuild }),
    onErased,
    onError,
  });
  await Promise.all([rebuilder.run(signal), config.AUDIT_INTERVAL_MS > 0 ? audit(place, onErased) : undefined]);
  clearInterval(forgetting);
  purge.stop();
});

async function audit(place: Workplace<RebuilderReport>, onErased: () => Promise<void>): Promise<void> {
  const { config, store, decoder, model, tell, fails, signal } = place;
  // a random start, so that instances audit different customers, also after many restarts
  const auditor = new Auditor(model, store, decoder, `cust_${randomBytes(4).toString('base64url')}`, onErased);
  let pause_ms = config.AUDIT_INTERVAL_MS;
  for (;;) {
    await sleep(pause_ms, signal);
    if (signal.aborted) return;
    try {
      const { customers, mismatches } = await auditor.sample();
      tell({ kind: 'audited', customers, mismatches, beyond_mending: auditor.beyondMending.length });
      pause_ms = config.AUDIT_INTERVAL_MS;
    } catch (error) {
      fails(`The audit tries again after ${nameOf(error)}`);
      pause_ms = Math.max(RETRY_MS_MIN, config.AUDIT_INTERVAL_MS);
    }
  }
}
