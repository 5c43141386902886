import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyRequest } from 'fastify';
import { ContractError } from '#contract';
import { RecordAccess } from '../commands/access.js';
import { IdentifyCustomer } from '../queries/customer.js';
import { contextOf } from './request.js';

const VALUE_LENGTH_MAX = 255;

/** Records each read of a customer's history before it is allowed. */
@Injectable()
export class Accesses {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** The id of the customer, once the access is recorded. Throws 404. */
  async admit(request: FastifyRequest, ref: string): Promise<string> {
    const customer_id = await this.identify(ref);
    await this.commands.execute(
      new RecordAccess({
        customer_id,
        call: `${request.method} ${request.routeOptions.url ?? ''}`,
        query: textsIn(request.query as object),
        request_id: request.id,
        actor: contextOf(request).actor,
      }),
    );
    return customer_id;
  }

  /** The id of the customer, without a record, for routes that show nothing personal. Throws 404. */
  async identify(ref: string): Promise<string> {
    const id = await this.queries.execute(new IdentifyCustomer(ref));
    if (id === undefined) throw ContractError.customerNotFound(ref);
    return id;
  }
}

/** Texts of the query, which never name a person in routes of histories. */
const textsIn = (query: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(query).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value.slice(0, VALUE_LENGTH_MAX)]] : [],
    ),
  );
