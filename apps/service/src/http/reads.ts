import { Injectable } from '@nestjs/common';
import { type Query, QueryBus } from '@nestjs/cqrs';
import type { FastifyRequest } from 'fastify';
import { ContractError } from '#contract';
import { Config } from '../config.js';
import { Freshness } from '../ops/freshness.js';
import { minPosition } from './answers.js';
import { appId } from './request.js';

/** Queries the read model once it shows the caller's writes. */
@Injectable()
export class Reads {
  constructor(
    private readonly queries: QueryBus,
    private readonly freshness: Freshness,
    private readonly config: Config,
  ) {}

  async ask<T>(request: FastifyRequest, query: Query<T>): Promise<T> {
    await this.caughtUp(request);
    return this.queries.execute(query);
  }

  /** Waits until the read model shows the caller's writes and the requested position. Throws 503 after READ_WAIT_MS. */
  async caughtUp(request: FastifyRequest): Promise<void> {
    const fresh = this.freshness.reached(appId(request), minPosition(request), this.config.READ_WAIT_MS);
    if (fresh !== true && !(await fresh)) {
      const what = this.freshness.isCaughtUp ? 'your last write yet' : 'the history yet';
      throw new ContractError('unavailable', `The read model has not caught up with ${what}`);
    }
  }
}
