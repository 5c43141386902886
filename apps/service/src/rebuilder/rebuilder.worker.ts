import { randomBytes } from 'node:crypto';
import { Purge } from '#database';
import { sleep } from '#flow';
import { Auditor, type Mismatch, type Rebuild, Rebuilder } from '#read-model';
import { nameOf, type Workplace, work } from '../ops/worker.js';

/** The rebuilder's thread reports on requested rebuilds, and on the audit that checks a few customers now and then. */
export type RebuilderReport =
  /** Other rows are live than before. */
  | { readonly kind: 'switched' }
  | { readonly kind: 'ended'; readonly rebuild: Rebuild }
  | {
      readonly kind: 'audited';
      readonly customers: number;
      readonly mismatches: readonly Mismatch[];
      /** Customers that are wrong, and stay so. */
      readonly beyond_mending: number;
    };

/** Keys of whoever is erased are destroyed elsewhere: no copy of one stays here for longer. */
const KEYS_MS_MAX = 5_000;
/** An audit that fails is tried again after this at the earliest. */
const RETRY_MS_MIN = 5_000;

await work<RebuilderReport>(async (place) => {
  const { config, store, keyring, decoder, model, operations, tell, fails, signal } = place;
  const forgetting = setInterval(() => keyring.forgetAll(), KEYS_MS_MAX);
  const onTrouble = (error: unknown): void => fails(`A rebuild tries again after ${nameOf(error)}`);
  const purge = new Purge(operations, onTrouble);
  const onErased = async (): Promise<void> => {
    await operations.forgetFiles();
    await purge.settle();
  };
  const rebuilder = new Rebuilder(model, store, decoder, {
    ...config.lease,
    onSwitch: () => tell({ kind: 'switched' }),
    onEnd: (rebuild) => tell({ kind: 'ended', rebuild }),
    onErased,
    onTrouble,
  });
  await Promise.all([rebuilder.run(signal), config.AUDIT_INTERVAL_MS > 0 ? audit(place, onErased) : undefined]);
  clearInterval(forgetting);
  purge.stop();
});

async function audit(place: Workplace<RebuilderReport>, onErased: () => Promise<void>): Promise<void> {
  const { config, store, decoder, model, tell, fails, signal } = place;
  // instances begin at different places, and one that is restarted often still comes round
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
