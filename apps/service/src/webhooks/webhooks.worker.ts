import { together } from '#flow';
import { createLog } from '../ops/log.js';
import { nameOf, work } from '../ops/worker.js';
import { OutboxWriter } from './outbox-writer.js';
import { WebhookSecrets } from './secret.js';
import { type DeliveryOutcome, Dispatcher } from './dispatcher.js';
import { Targets } from './target.js';
import { Payloads } from './payloads.js';

/** Reports of the webhooks' thread. */
export type WebhooksReport =
  | { readonly kind: 'tried'; readonly outcome: DeliveryOutcome }
  | { readonly kind: 'disabled' }
  | { readonly kind: 'left-out' };

await work<WebhooksReport>(async (place) => {
  const { config, master_key, operations, tell, fails, signal } = place;
  const log = createLog(config);
  const onLeftOut = (): void => tell({ kind: 'left-out' });
  const onError = (error: unknown): void => {
    log.warn({ err: error }, 'work on webhooks failed, trying again');
    fails(`Webhooks are tried again after ${nameOf(error)}`);
  };
  const shards = { ...config.lease, shards: config.SHARDS };
  const outboxWriter = new OutboxWriter({ ...place, log }, shards, { onError, onLeftOut });
  const dispatcher = new Dispatcher(
    {
      ...{ operations, log, holder: config.lease, now_ms: Date.now, secrets: new WebhookSecrets(master_key) },
      // the outbox writer has counted events that the feed leaves out
      payloads: new Payloads({ ...place, log }, () => undefined),
      targets: new Targets(config.WEBHOOKS_ALLOW_PRIVATE === 'true'),
    },
    {
      onError,
      onOutcome: (outcome) => tell({ kind: 'tried', outcome }),
      onDisabled: () => tell({ kind: 'disabled' }),
    },
  );
  await together(signal, [(until) => outboxWriter.run(until), (until) => dispatcher.run(until)]);
});
