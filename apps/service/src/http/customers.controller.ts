import { Controller, Delete, Get, Param, Post, Put, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { QueryBus } from '@nestjs/cqrs';
import type { Moment } from '#audit';
import {
  ActivitiesQuery,
  ActivityQuery,
  ConsentsBody,
  ContractError,
  CustomerBody,
  CustomerListQuery,
  CustomerQuery,
} from '#contract';
import type { CustomerRef } from '../commands/proposal.js';
import { ChangeConsents } from '../commands/consent.js';
import { DeleteCustomer, EraseCustomer } from '../commands/erasure.js';
import { CreateCustomer, UpdateCustomer } from '../commands/profile.js';
import { ListActivities, ListActivity } from '../queries/activity.js';
import { GetCustomer, ListCustomers } from '../queries/customer.js';
import { GetCustomerAsOf, GetEnding, momentOf } from '../queries/history.js';
import { Accesses } from './accesses.js';
import { assertRole } from './auth.js';
import { customerText, deletionObject, etag, isUnchanged } from './answers.js';
import { Assets } from './assets.js';
import { FromBody, FromQuery, WithMetadata } from './bound.js';
import { Operation } from './operation.js';
import { Reads } from './reads.js';
import { Incoming } from './request.js';
import { Writes } from './writes.js';

const WRITE_HEADERS = ['Idempotency-Key', 'If-Match'] as const;

/** Contract section 2: customers. */
@Controller('v1/customers')
export class CustomersController {
  constructor(
    private readonly writes: Writes,
    private readonly reads: Reads,
    private readonly assets: Assets,
    private readonly queries: QueryBus,
    private readonly accesses: Accesses,
  ) {}

  @Post()
  @Operation({
    role: 'write',
    summary: 'Create or update a customer',
    answer: 'Customer',
    headers: WRITE_HEADERS,
  })
  async create(
    @Incoming() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromBody(CustomerBody, WithMetadata('customer')) body: CustomerBody,
  ): Promise<string> {
    const answer = await this.writes.send(
      request,
      reply,
      ({ at, context, if_match, newId }) => new CreateCustomer(meant(body, newId), body, at, context, if_match),
      body.id ?? body.source_id,
    );
    return customerText(answer);
  }

  @Get()
  @Operation({
    role: 'read',
    summary: 'List customers',
    answer: 'CustomerList',
    headers: ['X-Ledger-Min-Position'],
  })
  async list(
    @Incoming() request: FastifyRequest,
    @FromQuery(CustomerListQuery) query: CustomerListQuery,
  ): Promise<string> {
    const page = await this.reads.ask(request, new ListCustomers(query));
    return `{"object":"list","data_ref":"customers","customers":[${page.documents.join(',')}],"total":${page.total},"has_more":${page.has_more}}`;
  }

  @Get(':ref')
  @Operation({
    role: 'read',
    summary: 'Read a customer',
    description: 'With `as_of` or `happened_as_of` (role `audit`) returns the customer as of that moment.',
    answer: 'Customer',
    headers: ['If-None-Match', 'X-Ledger-Min-Position'],
  })
  async get(
    @Param('ref') ref: string,
    @Incoming() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromQuery(CustomerQuery) query: CustomerQuery,
  ): Promise<string> {
    const moment = momentAsked(query);
    if (moment) return this.asOf(ref, request, reply, moment);
    const { id, document, revision } = await this.reads.ask(request, new GetCustomer(ref));
    void reply.header('etag', etag(revision));
    if (isUnchanged(request, revision)) {
      void reply.status(304);
      return '';
    }
    return this.assets.add(document, id, request.caller);
  }

  private async asOf(ref: string, request: FastifyRequest, reply: FastifyReply, moment: Moment): Promise<string> {
    assertRole(request, 'audit');
    const id = await this.accesses.admit(request, ref);
    const { document, revision } = await this.queries.execute(new GetCustomerAsOf(id, moment, ref));
    void reply.header('etag', etag(revision));
    return JSON.stringify(document);
  }

  @Put(':ref')
  @Operation({
    role: 'write',
    summary: 'Update a customer',
    answer: 'Customer',
    headers: WRITE_HEADERS,
  })
  async update(
    @Param('ref') ref: string,
    @Incoming() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromBody(CustomerBody, WithMetadata('customer')) body: CustomerBody,
  ): Promise<string> {
    const answer = await this.writes.send(
      request,
      reply,
      ({ at, context, if_match }) => new UpdateCustomer({ existing: ref }, body, at, context, if_match),
      ref,
    );
    return customerText(answer);
  }

  @Delete(':ref')
  @Operation({ role: 'write', summary: 'Delete a customer', status: 204, headers: WRITE_HEADERS })
  async delete(
    @Param('ref') ref: string,
    @Incoming() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.writes.send(
      request,
      reply,
      ({ at, context, if_match }) => new DeleteCustomer({ existing: ref }, undefined, at, context, if_match),
      ref,
    );
  }

  @Post(':ref/permanent-deletion')
  @Operation({ role: 'write', summary: 'Erase a customer permanently', answer: 'Deletion', headers: WRITE_HEADERS })
  async erase(
    @Param('ref') ref: string,
    @Incoming() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const answer = await this.writes.send(
      request,
      reply,
      ({ at, context, if_match }) =>
        new EraseCustomer({ existing: ref, deleted: true }, undefined, at, context, if_match),
      ref,
    );
    const ending = await this.reads.ask(request, new GetEnding(answer.customer_id, answer.revision));
    return JSON.stringify(deletionObject(answer, ending));
  }

  @Put(':ref/consents')
  @Operation({
    role: 'write',
    summary: 'Give or revoke consents',
    status: 204,
    headers: WRITE_HEADERS,
  })
  async consents(
    @Param('ref') ref: string,
    @Incoming() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromBody(ConsentsBody) consents: ConsentsBody,
  ): Promise<void> {
    await this.writes.send(
      request,
      reply,
      ({ at, context, if_match }) => new ChangeConsents({ existing: ref }, { consents }, at, context, if_match),
      ref,
    );
  }

  @Get(':ref/activity')
  @Operation({
    role: 'read',
    summary: 'List the activity of a customer',
    answer: 'ActivityList',
    headers: ['X-Ledger-Min-Position'],
  })
  async activity(
    @Param('ref') ref: string,
    @Incoming() request: FastifyRequest,
    @FromQuery(ActivityQuery) query: ActivityQuery,
  ): Promise<string> {
    return JSON.stringify(await this.reads.ask(request, new ListActivity(ref, query)));
  }

  @Get(':ref/activities')
  @Operation({
    role: 'read',
    summary: 'List the activity of a customer in the deprecated form',
    answer: 'ActivitiesList',
    headers: ['X-Ledger-Min-Position'],
  })
  async activities(
    @Param('ref') ref: string,
    @Incoming() request: FastifyRequest,
    @FromQuery(ActivitiesQuery) query: ActivitiesQuery,
  ): Promise<string> {
    return JSON.stringify(await this.reads.ask(request, new ListActivities(ref, query)));
  }
}

/** The requested moment; undefined for the present. */
function momentAsked({ as_of, happened_as_of }: CustomerQuery): Moment | undefined {
  if (as_of !== undefined && happened_as_of !== undefined)
    throw new ContractError('invalid_query_params', 'Send either as_of or happened_as_of, not both');
  if (as_of !== undefined) return momentOf(as_of);
  return happened_as_of === undefined ? undefined : momentOf(happened_as_of, 'happened');
}

/** An id must exist and wins over a source id; a source id may be new; without either the customer is new. */
function meant(body: CustomerBody, newId: () => string): CustomerRef {
  if (body.id !== undefined) return { existing: body.id };
  return body.source_id === undefined ? { id: newId() } : { source_id: body.source_id };
}
