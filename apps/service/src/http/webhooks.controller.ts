import { Controller, Delete, Get, Param, Post, Put } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { isActivityType } from '#activity';
import { ContractError, DeliveryQuery, limits, parsed, ResendBody, WebhookBody, WebhookChangeBody } from '#contract';
import { EventStore } from '#event-store';
import { type Delivery, type Webhook, Operations } from '#operations';
import { Config } from '../config.js';
import { Clock } from '../ops/clock.js';
import { Secrets } from '../secrets.js';
import { newSecret, WebhookSecrets } from '../webhooks/secret.js';
import { signatureOf } from '../webhooks/signature.js';
import { TargetRefused, Targets } from '../webhooks/target.js';
import { Operation } from './operation.js';
import { Incoming, newRequestId } from './request.js';

const FIRST = '1970-01-01T00:00:00.000Z';

/** Webhooks and their deliveries. */
@Controller('v1/webhooks')
export class WebhooksController {
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

  @Post()
  @Operation({
    role: 'admin',
    summary: 'Create a webhook for the events of customers from now on',
    description: 'Only this answer contains the `secret`.',
    body: WebhookBody,
    answer: 'Webhook',
  })
  async create(@Incoming() request: FastifyRequest): Promise<string> {
    const { target_url, events, secret = newSecret() } = parsed(WebhookBody, request.body, 'body');
    await this.assertFit(target_url, events);
    if ((await this.operations.webhooks.list()).length >= limits.webhooks_max)
      throw new ContractError('conflict', `There are ${limits.webhooks_max} webhooks already`);
    const since = await this.store.head();
    const sealed = this.secrets.seal(secret);
    const made = await this.operations.webhooks.add({
      target_url,
      events,
      secret: sealed,
      since,
      created_at: this.clock.now(),
    });
    return JSON.stringify({ ...objectOf(made), secret });
  }

  @Get()
  @Operation({ role: 'admin', summary: 'All webhooks', answer: 'WebhookList' })
  async list(): Promise<string> {
    const webhooks = (await this.operations.webhooks.list()).map(objectOf);
    return JSON.stringify({ object: 'list', data_ref: 'webhooks', webhooks });
  }

  @Get(':id')
  @Operation({ role: 'admin', summary: 'A webhook', answer: 'Webhook' })
  async get(@Param('id') id: string): Promise<string> {
    return JSON.stringify(objectOf(await this.find(id)));
  }

  @Put(':id')
  @Operation({
    role: 'admin',
    summary: 'Change, stop or resume a webhook',
    description:
      'Events while it is not `active` are not delivered; deliveries that waited before are sent once it resumes.',
    body: WebhookChangeBody,
    answer: 'Webhook',
  })
  async change(@Param('id') id: string, @Incoming() request: FastifyRequest): Promise<string> {
    const { target_url, events, secret, active } = parsed(WebhookChangeBody, request.body, 'body');
    const webhook = await this.find(id);
    await this.assertFit(target_url, events);
    const change = {
      ...{ target_url, events, secret: secret === undefined ? undefined : this.secrets.seal(secret) },
      ...(active === true && !webhook.active && { on: { since: await this.store.head() } }),
      ...(active === false && webhook.active && { off: { reason: null } }),
    };
    const changed = await this.operations.webhooks.change(id, change, this.clock.now());
    return JSON.stringify(objectOf(changed ?? notFound(id)));
  }

  @Delete(':id')
  @Operation({ role: 'admin', status: 204, summary: 'Remove a webhook and its delivery log' })
  async remove(@Param('id') id: string): Promise<void> {
    if (!(await this.operations.webhooks.remove(id))) notFound(id);
  }

  @Get(':id/deliveries')
  @Operation({
    role: 'admin',
    summary: 'List deliveries, newest first',
    query: DeliveryQuery,
    answer: 'WebhookDeliveryList',
  })
  async deliveries(@Param('id') id: string, @Incoming() request: FastifyRequest): Promise<string> {
    await this.find(id);
    const page = await this.operations.deliveries.list(id, parsed(DeliveryQuery, request.query, 'query'));
    const cursor = page.has_more && { more_starting_after: page.deliveries.at(-1)?.id };
    const deliveries = page.deliveries.map(deliveryObject);
    return JSON.stringify({ object: 'list', data_ref: 'deliveries', deliveries, has_more: page.has_more, ...cursor });
  }

  @Post(':id/deliveries/:delivery/resend')
  @Operation({
    role: 'admin',
    status: 202,
    summary: 'Send a delivery again, whatever its state',
    answer: 'WebhookDelivery',
  })
  async resend(@Param('id') id: string, @Param('delivery') delivery: string): Promise<string> {
    const found = await this.operations.deliveries.resend(id, delivery, this.clock.now());
    return JSON.stringify(deliveryObject(found ?? notFound(delivery, 'webhook_delivery')));
  }

  @Post(':id/resend')
  @Operation({
    role: 'admin',
    status: 202,
    summary: 'Send all failed deliveries again',
    body: ResendBody,
    answer: 'WebhookResend',
  })
  async resendFailed(@Param('id') id: string, @Incoming() request: FastifyRequest): Promise<string> {
    const { since = FIRST } = parsed(ResendBody, request.body ?? {}, 'body');
    await this.find(id);
    const deliveries = await this.operations.deliveries.resendFailed(id, since, this.clock.now());
    return JSON.stringify({ object: 'webhook_resend', deliveries });
  }

  @Post(':id/test')
  @Operation({
    role: 'admin',
    summary: 'Send a signed `webhook.test` now and return the reply',
    answer: 'WebhookTest',
  })
  async test(@Param('id') id: string): Promise<string> {
    const { target_url, secret } = await this.find(id);
    const source = { id, object: 'webhook', target_url };
    const test = { id: newRequestId(), created_at: this.clock.now(), type: 'webhook.test', data: {}, source };
    const body = JSON.stringify(test);
    const headers = { 'x-voucherify-signature': signatureOf(this.secrets.open(secret), body) };
    const reply = await this.targets.post(target_url, { body, headers });
    return JSON.stringify({ object: 'webhook_test', ...reply });
  }

  private async find(id: string): Promise<Webhook> {
    return (await this.operations.webhooks.find(id)) ?? notFound(id);
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

const objectOf = ({ secret: _, since: __, ...webhook }: Webhook): object => ({ ...webhook, object: 'webhook' });

const deliveryObject = (delivery: Delivery): object => ({ ...delivery, object: 'webhook_delivery' });

function notFound(id: string, type = 'webhook'): never {
  throw new ContractError('not_found', `Cannot find ${type} with id ${id}`, { id, type });
}
