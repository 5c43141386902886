import {
  type CanActivate,
  Controller,
  Delete,
  type ExecutionContext,
  Get,
  Injectable,
  Param,
  Post,
  Put,
  UseGuards,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ContractError, DeliveryQuery, ResendBody, WebhookBody, WebhookChangeBody } from '#contract';
import { type Delivery, type Webhook, Operations } from '#operations';
import { Clock } from '../ops/clock.js';
import { Webhooks } from '../webhooks/webhooks.js';
import { FromBody, FromGivenBody, FromQuery } from './bound.js';
import { Operation } from './operation.js';
import { newRequestId } from './request.js';

const FIRST = '1970-01-01T00:00:00.000Z';

/** Refuses an unknown webhook before the query is read. */
@Injectable()
class KnownWebhook implements CanActivate {
  constructor(private readonly webhooks: Webhooks) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    const { params } = context.switchToHttp().getRequest<FastifyRequest<{ Params: { id: string } }>>();
    await this.webhooks.get(params.id);
    return true;
  }
}

/** Webhooks and their deliveries. */
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(
    private readonly webhooks: Webhooks,
    private readonly operations: Operations,
    private readonly clock: Clock,
  ) {}

  @Post()
  @Operation({
    role: 'admin',
    summary: 'Create a webhook for the events of customers from now on',
    description: 'Only this answer contains the `secret`.',
    answer: 'Webhook',
  })
  async create(@FromGivenBody(WebhookBody) body: WebhookBody): Promise<string> {
    const [webhook, secret] = await this.webhooks.create(body);
    return JSON.stringify({ ...objectOf(webhook), secret });
  }

  @Get()
  @Operation({ role: 'admin', summary: 'All webhooks', answer: 'WebhookList' })
  async list(): Promise<string> {
    const webhooks = (await this.webhooks.list()).map(objectOf);
    return JSON.stringify({ object: 'list', data_ref: 'webhooks', webhooks });
  }

  @Get(':id')
  @Operation({ role: 'admin', summary: 'A webhook', answer: 'Webhook' })
  async get(@Param('id') id: string): Promise<string> {
    return JSON.stringify(objectOf(await this.webhooks.get(id)));
  }

  @Put(':id')
  @Operation({
    role: 'admin',
    summary: 'Change, stop or resume a webhook',
    description:
      'Events while it is not `active` are not delivered; deliveries that waited before are sent once it resumes.',
    answer: 'Webhook',
  })
  async change(@Param('id') id: string, @FromGivenBody(WebhookChangeBody) body: WebhookChangeBody): Promise<string> {
    return JSON.stringify(objectOf(await this.webhooks.change(id, body)));
  }

  @Delete(':id')
  @Operation({ role: 'admin', status: 204, summary: 'Remove a webhook and its delivery log' })
  async remove(@Param('id') id: string): Promise<void> {
    await this.webhooks.remove(id);
  }

  @Get(':id/deliveries')
  @UseGuards(KnownWebhook)
  @Operation({
    role: 'admin',
    summary: 'List deliveries, newest first',
    answer: 'WebhookDeliveryList',
  })
  async deliveries(@Param('id') id: string, @FromQuery(DeliveryQuery) query: DeliveryQuery): Promise<string> {
    const page = await this.operations.deliveries.list(id, query);
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
    if (!found) throw ContractError.resourceNotFound('webhook_delivery', delivery);
    return JSON.stringify(deliveryObject(found));
  }

  @Post(':id/resend')
  @Operation({
    role: 'admin',
    status: 202,
    summary: 'Send all failed deliveries again',
    answer: 'WebhookResend',
  })
  async resendFailed(@Param('id') id: string, @FromBody(ResendBody) { since = FIRST }: ResendBody): Promise<string> {
    await this.webhooks.get(id);
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
    return JSON.stringify({ object: 'webhook_test', ...(await this.webhooks.test(id, newRequestId())) });
  }
}

const objectOf = ({ secret: _, since: __, ...webhook }: Webhook): object => ({ ...webhook, object: 'webhook' });

const deliveryObject = (delivery: Delivery): object => ({ ...delivery, object: 'webhook_delivery' });
