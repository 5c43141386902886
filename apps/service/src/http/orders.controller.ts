import { Controller, Get, Param, Post, Put, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ContractError, limits, OrderBody, OrderListQuery } from '#contract';
import type { OrderKey } from '#read-model';
import { PlaceOrder } from '../commands/order.js';
import { ORDER_IMPORT, OrderImports } from '../ingest/order-imports.js';
import { Intake } from '../jobs/intake.js';
import { FindOrder, GetOrder, ListOrders } from '../queries/order.js';
import { orderOf } from './answers.js';
import { FromBodies, FromBody, FromQuery, WithMetadata } from './bound.js';
import { Operation } from './operation.js';
import { Reads } from './reads.js';
import { contextOf, Incoming } from './request.js';
import { Writes } from './writes.js';

/** Contract section 5.1: orders, each of one customer. */
@Controller('v1/orders')
export class OrdersController {
  constructor(
    private readonly writes: Writes,
    private readonly reads: Reads,
    private readonly queries: QueryBus,
    private readonly imports: OrderImports,
    private readonly intake: Intake,
  ) {}

  @Post()
  @Operation({
    role: 'write',
    summary: 'Create or update an order',
    description: 'A new order must name its customer, which is created or updated with it.',
    answer: 'Order',
    headers: ['Idempotency-Key'],
  })
  async create(
    @Incoming() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromBody(OrderBody, WithMetadata('order')) body: OrderBody,
  ): Promise<string> {
    return this.place(request, reply, body, await this.queries.execute(new FindOrder(body)));
  }

  @Post('import')
  @Operation({
    role: 'write',
    summary: 'Import past orders',
    description:
      'Answers once all orders are durable, with the errors of those that failed; one import runs at a time.',
    answer: 'OrderImport',
    headers: ['Idempotency-Key'],
  })
  async import(
    @Incoming() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromBodies({ of: OrderBody, max: limits.orders_max, named: 'orders' }, WithMetadata('order')) orders: OrderBody[],
  ): Promise<string> {
    const run = (new_id: string) => this.imports.run(orders, new_id, contextOf(request));
    const { async_action_id, position, ...result } = await this.intake.during(request, ORDER_IMPORT, run);
    if (position !== undefined) this.writes.wrote(request, reply, position);
    return JSON.stringify({ async_action_id, status: 'DONE', result });
  }

  @Get()
  @Operation({
    role: 'read',
    summary: 'List orders',
    answer: 'OrderList',
    headers: ['X-Ledger-Min-Position'],
  })
  async list(@Incoming() request: FastifyRequest, @FromQuery(OrderListQuery) query: OrderListQuery): Promise<string> {
    const page = await this.reads.ask(request, new ListOrders(query));
    return JSON.stringify({ object: 'list', data_ref: 'orders', ...page });
  }

  @Get(':ref')
  @Operation({ role: 'read', summary: 'Read an order', answer: 'Order', headers: ['X-Ledger-Min-Position'] })
  async get(@Param('ref') ref: string, @Incoming() request: FastifyRequest): Promise<string> {
    return JSON.stringify(await this.reads.ask(request, new GetOrder(ref)));
  }

  @Put(':ref')
  @Operation({
    role: 'write',
    summary: 'Update an order',
    answer: 'Order',
    headers: ['Idempotency-Key', 'X-Ledger-Min-Position'],
  })
  async update(
    @Param('ref') ref: string,
    @Incoming() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromBody(OrderBody, WithMetadata('order')) body: OrderBody,
  ): Promise<string> {
    const named = new FindOrder({ id: ref, source_id: ref });
    const known = (await this.queries.execute(named)) ?? (await this.reads.ask(request, named));
    if (!known) throw ContractError.resourceNotFound('order', ref);
    return this.place(request, reply, body, known);
  }

  private async place(
    request: FastifyRequest,
    reply: FastifyReply,
    { customer, customer_id, referrer, ...order }: OrderBody,
    known: OrderKey | undefined,
  ): Promise<string> {
    const owner = customer ?? (customer_id === undefined ? undefined : { id: customer_id });
    const answer = await this.writes.send(
      request,
      reply,
      ({ at, context, newId }) =>
        new PlaceOrder({ order, customer: owner, referrer, known, new_id: newId() }, at, context),
      owner?.id ?? owner?.source_id,
    );
    return JSON.stringify(orderOf(answer));
  }
}
