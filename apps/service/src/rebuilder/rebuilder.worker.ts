import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Purge } from '#database';
import { Auditor, Rebuilder } from '#read-model';
import { nameOf, type Workplace, work } from '../ops/worker.js';
import type { FromRebuilder } from './messages.js';

/* The rebuilder's thread: rebuilds that are asked for, and between them and beside them the audit of a few customers now and then. */

/** Keys of whoever is erased are destroyed elsewhere: no copy of one stays here for longer. */
const KEYS_MS_MAX = 5_000;
/** An audit that fails is tried again after this at the earliest. */
const RETRY_MS_MIN = 5_000;

await work<FromRebuilder>(async (place) => {
  const { config, store, keyring, decoder, model, operations, tell, signal } = place;
  const forgetting = setInterval(() => keyring.forgetAll(), KEYS_MS_MAX);
  const onTrouble = (error: unknown): void =>
    tell({ kind: 'trouble', error: `A rebuild tries again after ${nameOf(error)}` });
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

async function audit(
  { config, store, decoder, model, tell, signal }: Workplace<FromRebuilder>,
  onErased: () => Promise<void>,
): Promise<void> {
  // instances begin at different places, and one that is restarted often still comes round
  const auditor = new Auditor(model, store, decoder, `cust_${randomBytes(4).toString('base64url')}`, onErased);
  let pause_ms = config.AUDIT_INTERVAL_MS;
  for (;;) {
    await sleep(pause_ms, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const { customers, mismatches } = await auditor.sample();
      tell({ kind: 'audited', customers, mismatches, beyond_mending: auditor.beyondMending.length });
      pause_ms = config.AUDIT_INTERVAL_MS;
    } catch (error) {
      tell({ kind: 'trouble', error: `The audit tries again after ${nameOf(error)}` });
      pause_ms = Math.max(RETRY_MS_MIN, config.AUDIT_INTERVAL_MS);
    }
  }
}
