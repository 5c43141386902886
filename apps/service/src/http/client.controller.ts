import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Param,
  Post,
  Put,
  Res,
  UseGuards,
} from '@nestjs/common';
import { type Command, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ConsentsBody, ContractError, CustomerBody, EventBody } from '#contract';
import { consentLists } from '#customer';
import { ChangeConsents } from '../commands/consent.js';
import { TrackEvent } from '../commands/custom-event.js';
import { RecordFact } from '../commands/fact.js';
import type { Accepted, CommandOutcome } from '../commands/proposal.js';
import { newId } from '../commands/ids.js';
import { CreateCustomer } from '../commands/profile.js';
import { Config } from '../config.js';
import { GetConsentCatalog } from '../queries/consent.js';
import { FromBody, WithMetadata } from './bound.js';
import { Operation } from './operation.js';
import { header, Incoming } from './request.js';
import { type Origin, Writes } from './writes.js';

/** Refuses customers of clients before their body is read. */
@Injectable()
class ClientCustomers implements CanActivate {
  constructor(private readonly config: Config) {}

  canActivate(context: ExecutionContext): true {
    if (this.config.CLIENT_CUSTOMERS !== 'on') throw new ContractError('forbidden', 'Clients may not create customers');
    if (header(context.switchToHttp().getRequest<FastifyRequest>(), 'x-voucherify-double-opt-in') === 'true')
      throw new ContractError('invalid_payload', 'Double opt-in is not supported: leave the header out');
    return true;
  }
}

/**
 * The client-side routes of the contract. Their keys are public, so answers contain nothing of a customer beyond the
 * request, and customers are created or changed only where CLIENT_CUSTOMERS allows it.
 */
@Controller('client/v1')
export class ClientController {
  constructor(
    private readonly writes: Writes,
    private readonly queries: QueryBus,
    private readonly config: Config,
  ) {}

  @Post('customers')
  @UseGuards(ClientCustomers)
  @Operation({
    role: 'client',
    summary: 'Create or update a customer, where CLIENT_CUSTOMERS allows it',
    answer: 'ClientCustomer',
  })
  async create(
    @Incoming() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromBody(CustomerBody, WithMetadata('customer')) { id: _, source_id, ...said }: CustomerBody,
  ): Promise<string> {
    const { customer_id } = await this.writes.send(
      request,
      reply,
      ({ at, context, newId: id }) =>
        source_id === undefined
          ? new CreateCustomer({ id: id() }, said, at, context)
          : new CreateCustomer({ source_id }, { ...said, source_id }, at, context),
      source_id,
    );
    return JSON.stringify({ id: customer_id, ...(source_id !== undefined && { source_id }), object: 'customer' });
  }

  @Post('events')
  @Operation({ role: 'client', summary: 'Record a custom event', answer: 'ClientEvent' })
  async track(
    @Incoming() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromBody(EventBody, WithMetadata('event')) body: EventBody,
  ): Promise<string> {
    const { id, source_id } = body.customer;
    await this.writes.send(request, reply, (origin) => this.tracked(body, origin), id ?? source_id);
    return JSON.stringify({ object: 'event', type: body.event });
  }

  @Get('consents')
  @Operation({ role: 'client', summary: 'List consents and their groups', answer: 'ConsentLists' })
  async consents(): Promise<string> {
    return JSON.stringify(consentLists(await this.queries.execute(new GetConsentCatalog())));
  }

  @Put('customers/:ref/consents')
  @Operation({ role: 'client', summary: 'Give or revoke consents', status: 204 })
  async change(
    @Param('ref') ref: string,
    @Incoming() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromBody(ConsentsBody) consents: ConsentsBody,
  ): Promise<void> {
    const make = ({ at, context }: Origin): Command<Accepted | CommandOutcome> =>
      new ChangeConsents({ existing: ref }, { consents }, at, context);
    await this.writes.send(request, reply, make, ref);
  }

  private get mayWriteCustomers(): boolean {
    return this.config.CLIENT_CUSTOMERS === 'on';
  }

  /** Without CLIENT_CUSTOMERS an event needs an existing customer and leaves the profile as it is. */
  private tracked(
    { customer, event: type, ...rest }: EventBody,
    { at, context, newId: fresh }: Origin,
  ): Command<CommandOutcome> {
    if (this.mayWriteCustomers) return new TrackEvent(customer, { type, ...rest }, at, context, fresh());
    const existing = customer.id ?? customer.source_id;
    if (existing === undefined) throw new ContractError('missing_customer', 'Name the customer by id or source_id');
    const event = { ...rest, id: newId('evt_'), type, customer: {} };
    return new RecordFact({ existing }, { kind: 'custom_event', data: event }, at, context);
  }
}
