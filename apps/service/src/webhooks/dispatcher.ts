import { limits } from '#contract';
import type { LeaseHolder } from '#database';
import { Limiter, type Step, takeByKey } from '#flow';
import type { DisabledReason, Due, ItemLease, Operations, Result, Webhook } from '#operations';
import type { Log } from '../ops/log.js';
import { QueueWorker } from '../ops/queue-worker.js';
import { retryAt } from './retries.js';
import type { WebhookSecrets } from './secret.js';
import { signatureOf } from './signature.js';
import type { Message, Reply } from './target.js';
import type { Discarded } from './payloads.js';

export interface DispatcherParts {
  readonly holder: LeaseHolder;
  readonly operations: Pick<Operations, 'webhooks' | 'deliveries'>;
  readonly payloads: { tell(due: Due, webhook: Webhook): Promise<{ readonly body: string } | Discarded> };
  readonly targets: { post(target_url: string, message: Message): Promise<Reply> };
  readonly secrets: Pick<WebhookSecrets, 'open'>;
  readonly log: Log;
  /** In ms since 1970. */
  readonly now_ms: () => number;
}

export type DeliveryOutcome = 'delivered' | 'retried' | 'failed' | 'discarded';

export interface DispatcherReports {
  onOutcome(outcome: DeliveryOutcome): void;
  onDisabled(): void;
  onError(error: unknown): void;
}

/** The number of customers that one webhook serves at a time; deliveries of one customer are sent in order. */
const CUSTOMERS_MAX = 8;
const BATCH_SIZE_MAX = 64;
const POLL_MS = 250;
const HOUR_MS = 3_600_000;
/** The bounds of a webhook's delivery log. */
const KEPT_MS = 30 * 24 * HOUR_MS;
const KEPT_MAX = 10_000;
/** The service disables a webhook with more waiting deliveries. */
const WAITING_MAX = 100_000;

/** Sends due deliveries, each webhook under its own lease: a slow webhook does not hold up others. */
export class Dispatcher {
  private readonly worker: QueueWorker;

  constructor(
    private readonly parts: DispatcherParts,
    private readonly reports: DispatcherReports,
  ) {
    const queue = parts.operations.deliveries.queue(parts.holder, () => this.nowText());
    this.worker = new QueueWorker(queue, {
      ...{ concurrency_max: limits.webhooks_max, poll_ms: POLL_MS, sweep_ms: HOUR_MS },
      work: (lease, signal) => this.serve(lease, signal),
      sweep: () => this.sweep(),
      onError: (error) => reports.onError(error),
    });
  }

  /** Runs until the signal aborts and open requests have ended. */
  run(signal: AbortSignal): Promise<void> {
    return this.worker.run(signal);
  }

  /** Serves every webhook once; resolves when each due delivery has been attempted. */
  round(): Promise<void> {
    return this.worker.round();
  }

  private async serve(lease: ItemLease, signal: AbortSignal): Promise<void> {
    const { webhooks, deliveries } = this.parts.operations;
    const due = await deliveries.due(lease.id, this.nowText(), BATCH_SIZE_MAX);
    const take = async (one: Due): Promise<Step> => {
      // an admin may have changed, stopped or removed the webhook during the delivery before
      const webhook = await webhooks.find(lease.id);
      if (signal.aborted || !webhook?.active) return 'stop';
      await this.deliver(one, webhook, lease);
      return 'next';
    };
    await takeByKey(due, ({ customer_id }) => customer_id, new Limiter(CUSTOMERS_MAX), take);
  }

  private async deliver(due: Due, webhook: Webhook, lease: ItemLease): Promise<void> {
    const { deliveries } = this.parts.operations;
    const told = await this.parts.payloads.tell(due, webhook);
    if (typeof told === 'string') {
      await deliveries.note(due, lease, { ...this.blank(due), state: 'discarded', error: told });
      return this.reports.onOutcome('discarded');
    }
    const first_at = due.first_at ?? this.nowText();
    const attempts = due.attempts + 1;
    const reply = await this.parts.targets.post(webhook.target_url, {
      body: told.body,
      headers: this.headers(due.id, attempts, told.body, webhook),
    });
    const tried = { ...this.blank(due), ...reply, attempts, first_at, last_at: this.nowText() };
    const isDone = reply.status !== null && reply.status >= 200 && reply.status < 300;
    const next_ms = isDone ? undefined : this.retryAt(first_at, attempts);
    const state = stateAfter(isDone, next_ms);
    const counts = await deliveries.note(due, lease, {
      ...tried,
      state,
      ...(next_ms !== undefined && { due_at: textOf(next_ms) }),
    });
    this.reports.onOutcome(state === 'waiting' ? 'retried' : state);
    if (state === 'failed' && counts) await this.disable(webhook, 'retries_exhausted');
  }

  private headers(id: string, attempts: number, body: string, { secret }: Webhook): Message['headers'] {
    return {
      'x-voucherify-signature': signatureOf(this.parts.secrets.open(secret), body),
      'x-ledger-delivery': id,
      'x-ledger-attempt': String(attempts),
    };
  }

  private retryAt(first_at: string, attempts: number): number | undefined {
    return retryAt({ first_ms: Date.parse(first_at), now_ms: this.parts.now_ms(), attempts, chance: Math.random() });
  }

  private async disable({ id }: Webhook, reason: DisabledReason): Promise<void> {
    await this.parts.operations.webhooks.change(id, { off: { reason } }, this.nowText());
    this.parts.log.error({ webhook: id, reason }, 'a webhook was disabled');
    this.reports.onDisabled();
  }

  /** Trims delivery logs and disables overloaded webhooks. */
  private async sweep(): Promise<void> {
    const { deliveries, webhooks } = this.parts.operations;
    await deliveries.sweep();
    for (const webhook of await webhooks.list()) {
      await deliveries.trim(webhook.id, textOf(this.parts.now_ms() - KEPT_MS), KEPT_MAX);
      const isSwamped = webhook.active && (await deliveries.waitMoreThan(webhook.id, WAITING_MAX));
      if (isSwamped) await this.disable(webhook, 'too_many_waiting');
    }
  }

  private blank({ attempts, first_at }: Due): Result {
    const now = this.nowText();
    return {
      state: 'waiting',
      attempts,
      due_at: now,
      first_at,
      last_at: null,
      status: null,
      error: null,
      duration_ms: null,
    };
  }

  private nowText(): string {
    return textOf(this.parts.now_ms());
  }
}

function stateAfter(isDone: boolean, next_ms: number | undefined): 'delivered' | 'waiting' | 'failed' {
  if (isDone) return 'delivered';
  return next_ms === undefined ? 'failed' : 'waiting';
}

const textOf = (ms: number): string => new Date(ms).toISOString();
