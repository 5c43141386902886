import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AccessLog } from '#audit';
import { ContractError } from '#contract';
import { CustomerStreams } from '../commands/customer-streams.js';
import { contextOf } from './request.js';

const VALUE_LENGTH_MAX = 255;

/** Records each read of a customer's history before it is allowed. */
@Injectable()
export class Accesses {
  constructor(
    private readonly streams: CustomerStreams,
    private readonly log: AccessLog,
  ) {}

  /** The id of the customer, once the access is recorded. Throws 404. */
  async admit(request: FastifyRequest, ref: string): Promise<string> {
    const customer_id = await this.identify(ref);
    await this.log.record({
      customer_id,
      call: `${request.method} ${request.routeOptions.url ?? ''}`,
      query: textsIn(request.query as object),
      request_id: request.id,
      actor: contextOf(request).actor,
    });
    return customer_id;
  }

  /** The id of the customer, without a record, for routes that show nothing personal. Throws 404. */
  async identify(ref: string): Promise<string> {
    const id = await this.streams.known(ref);
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
