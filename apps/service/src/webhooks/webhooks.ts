import { Injectable } from '@nestjs/common';
import { isActivityType } from '#activity';
import { ContractError, limits, type WebhookBody, type WebhookChangeBody } from '#contract';
import { EventStore } from '#event-store';
import { Operations, type Webhook } from '#operations';
import { Config } from '../config.js';
import { Clock } from '../ops/clock.js';
import { Secrets } from '../secrets.js';
import { newSecret, WebhookSecrets } from './secret.js';
import { signatureOf } from './signature.js';
import { type Reply, TargetRefused, Targets } from './target.js';

/** The webhooks of the project: their creation and change, and a test of their targets. */
@Injectable()
export class Webhooks {
  private readonly targets: Targets;
  private readonly secrets: WebhookSecrets;

  constructor(
    private readonly operations: Operations,
    private readonly store: EventStore,
    private readonly clock: Clock,
    config: Config,
    secrets: Secrets,
  ) {
    this.targets = new Targets(config.WEBHOOKS_ALLOW_PRIVATE === 'true');
    this.secrets = new WebhookSecrets(secrets.master_key);
  }

  list(): Promise<Webhook[]> {
    return this.operations.webhooks.list();
  }

  /** Throws 404 for an unknown one. */
  async get(id: string): Promise<Webhook> {
    return (await this.operations.webhooks.find(id)) ?? webhookNotFound(id);
  }

  /** A webhook for events from now on, with its secret. */
  async create({ target_url, events, secret = newSecret() }: WebhookBody): Promise<[Webhook, string]> {
    await this.assertFit(target_url, events);
    if ((await this.list()).length >= limits.webhooks_max)
      throw new ContractError('conflict', `There are ${limits.webhooks_max} webhooks already`);
    const since = await this.store.head();
    const sealed = this.secrets.seal(secret);
    const created_at = this.clock.now();
    return [await this.operations.webhooks.add({ target_url, events, secret: sealed, since, created_at }), secret];
  }

  /** Changes, stops or resumes a webhook; one that resumes delivers events from now on. */
  async change(id: string, { target_url, events, secret, active }: WebhookChangeBody): Promise<Webhook> {
    const webhook = await this.get(id);
    await this.assertFit(target_url, events);
    const change = {
      ...{ target_url, events, secret: secret === undefined ? undefined : this.secrets.seal(secret) },
      ...(active === true && !webhook.active && { on: { since: await this.store.head() } }),
      ...(active === false && webhook.active && { off: { reason: null } }),
    };
    const changed = await this.operations.webhooks.change(id, change, this.clock.now());
    return changed ?? webhookNotFound(id);
  }

  async remove(id: string): Promise<void> {
    if (!(await this.operations.webhooks.remove(id))) webhookNotFound(id);
  }

  /** Sends a signed `webhook.test`. */
  async test(id: string, request_id: string): Promise<Reply> {
    const { target_url, secret } = await this.get(id);
    const source = { id, object: 'webhook', target_url };
    const test = { id: request_id, created_at: this.clock.now(), type: 'webhook.test', data: {}, source };
    const body = JSON.stringify(test);
    const headers = { 'x-voucherify-signature': signatureOf(this.secrets.open(secret), body) };
    return this.targets.post(target_url, { body, headers });
  }

  private async assertFit(target_url: string | undefined, events: readonly string[] | undefined): Promise<void> {
    const unknown = events?.find((type) => !isActivityType(type));
    if (unknown !== undefined)
      throw new ContractError('invalid_payload', `Property .events names ${unknown}, which is not an event type`);
    if (target_url === undefined) return;
    try {
      await this.targets.assertAllowed(target_url);
    } catch (error) {
      if (!(error instanceof TargetRefused)) throw error;
      throw new ContractError('invalid_payload', `Property .target_url is refused: ${error.reason}`);
    }
  }
}

function webhookNotFound(id: string): never {
  throw ContractError.resourceNotFound('webhook', id);
}
