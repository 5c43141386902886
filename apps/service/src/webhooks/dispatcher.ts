import { type Lease, type Leases, shardOf } from '#database';
import { Limiter, sleep, type Step, takeByKey } from '#flow';
import type { DisabledReason, Due, Operations, Result, Webhook } from '#operations';
import type { Log } from '../ops/log.js';
import { retryAt } from './retries.js';
import type { WebhookSecrets } from './secret.js';
import { signatureOf } from './signature.js';
import type { Message, Reply } from './target.js';
import type { Discarded } from './payloads.js';

export interface DispatcherParts {
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
  onTrouble(error: unknown): void;
}

/** The number of customers that one webhook serves at a time; deliveries of one customer are sent in order. */
const CUSTOMERS_MAX = 8;
const BATCH_SIZE_MAX = 64;
const POLL_MS = 250;
/** The pause after a failure of the service itself, such as an unavailable database or an unreadable secret. */
const TROUBLE_MS = 5_000;
const HOUR_MS = 3_600_000;
/** The bounds of a webhook's delivery log. */
const KEPT_MS = 30 * 24 * HOUR_MS;
const KEPT_MAX = 10_000;
/** The service disables a webhook with more waiting deliveries. */
const WAITING_MAX = 100_000;

/** Sends due deliveries of the webhooks in its shards, independently: a slow webhook does not hold up others. */
export class Dispatcher {
  private readonly busy = new Map<string, Promise<void>>();
  private held: readonly Lease[] | undefined;
  private tidied_ms = 0;

  constructor(
    private readonly parts: DispatcherParts,
    private readonly reports: DispatcherReports,
  ) {}

  /** Runs until the signal aborts and open requests have ended. */
  async run(leases: Leases, signal: AbortSignal): Promise<void> {
    this.held = [];
    // an instance that cannot renew its leases sends nothing
    const keeping = leases.keep(signal, (held, error) => {
      this.held = held;
      if (error !== undefined) this.reports.onTrouble(error);
    });
    while (!signal.aborted) {
      await this.begin(signal).catch((error: unknown) => this.rest(error, signal));
      await sleep(POLL_MS, signal);
    }
    await Promise.all([keeping, ...this.busy.values()]);
    await leases.release().catch(() => undefined);
  }

  /** Serves every webhook once; resolves when each due delivery has been attempted. */
  async round(signal: AbortSignal): Promise<void> {
    await this.begin(signal);
    await Promise.all(this.busy.values());
  }

  /** Starts work on the webhooks that are idle. */
  private async begin(signal: AbortSignal): Promise<void> {
    const webhooks = await this.parts.operations.webhooks.list();
    for (const webhook of webhooks) {
      if (!webhook.active || !this.isOurs(webhook.id) || this.busy.has(webhook.id)) continue;
      const work = this.attend(webhook.id, signal)
        .catch((error: unknown) => this.rest(error, signal))
        .finally(() => this.busy.delete(webhook.id));
      this.busy.set(webhook.id, work);
    }
    if (this.parts.now_ms() - this.tidied_ms > HOUR_MS) await this.tidy(webhooks);
  }

  private async attend(id: string, signal: AbortSignal): Promise<void> {
    const { webhooks, deliveries } = this.parts.operations;
    const due = await deliveries.due(id, this.nowText(), BATCH_SIZE_MAX);
    const take = async (one: Due): Promise<Step> => {
      // an admin may have changed, stopped or removed the webhook during the delivery before
      const webhook = await webhooks.find(id);
      if (signal.aborted || !webhook?.active || !this.isOurs(id)) return 'stop';
      await this.deliver(one, webhook);
      return 'next';
    };
    await takeByKey(due, ({ customer_id }) => customer_id, new Limiter(CUSTOMERS_MAX), take);
  }

  private async deliver(due: Due, webhook: Webhook): Promise<void> {
    const { deliveries } = this.parts.operations;
    const told = await this.parts.payloads.tell(due, webhook);
    if (typeof told === 'string') {
      await deliveries.note(due, { ...this.blank(due), state: 'discarded', error: told });
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
    const counts = await deliveries.note(due, {
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

  /** Trims delivery logs and disables overloaded webhooks, once an hour. */
  private async tidy(webhooks: readonly Webhook[]): Promise<void> {
    this.tidied_ms = this.parts.now_ms();
    const { deliveries } = this.parts.operations;
    await deliveries.sweep();
    for (const webhook of webhooks.filter(({ id }) => this.isOurs(id))) {
      await deliveries.trim(webhook.id, textOf(this.tidied_ms - KEPT_MS), KEPT_MAX);
      const isSwamped = webhook.active && (await deliveries.waitMoreThan(webhook.id, WAITING_MAX));
      if (isSwamped) await this.disable(webhook, 'too_many_waiting');
    }
  }

  private async rest(error: unknown, signal: AbortSignal): Promise<void> {
    this.reports.onTrouble(error);
    await sleep(TROUBLE_MS, signal);
  }

  /** True for a webhook in a held shard, and for all webhooks without leases. */
  private isOurs(webhook_id: string): boolean {
    if (this.held === undefined) return true;
    return this.held.some(({ shard, shards }) => shard === shardOf(webhook_id, shards));
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
