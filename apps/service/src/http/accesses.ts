import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ContractError } from '#contract';
import { CustomerStreams } from '../commands/customer-streams.js';

/** The door to personal history. */
@Injectable()
export class Accesses {
  constructor(private readonly streams: CustomerStreams) {}

  /** The customer who is or was meant, once the access is recorded. Throws 404. */
  async admit(_request: FastifyRequest, ref: string): Promise<string> {
    return this.identify(ref);
  }

  /** The same where nothing personal is read. */
  async identify(ref: string): Promise<string> {
    const id = await this.streams.known(ref);
    if (id === undefined) throw ContractError.customerNotFound(ref);
    return id;
  }
}
