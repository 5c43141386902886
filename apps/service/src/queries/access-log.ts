import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { type AccessEntry, AccessLog } from '#audit';
import type { AccessLogQuery } from '#contract';
import type { ChainVerdict } from '#event-store';
import { assertAllUsed } from './filters.js';

/** The recorded accesses that are wanted, one after the other; the reader decides how far. */
export class ListAccesses extends Query<AsyncIterable<AccessEntry>> {
  constructor(readonly query: Omit<AccessLogQuery, 'limit'>) {
    super();
  }
}

@QueryHandler(ListAccesses)
class ListAccessesHandler implements IQueryHandler<ListAccesses> {
  constructor(private readonly log: AccessLog) {}

  async execute({ query }: ListAccesses): Promise<AsyncIterable<AccessEntry>> {
    const { order, starting_after, customer_id, key, call, from, to, ...rest } = query;
    assertAllUsed(rest);
    return this.log.entries({ order, starting_after }, { customer_id, key, call, from, to });
  }
}

export class VerifyAccessLog extends Query<ChainVerdict> {}

@QueryHandler(VerifyAccessLog)
class VerifyAccessLogHandler implements IQueryHandler<VerifyAccessLog> {
  constructor(private readonly log: AccessLog) {}

  execute(): Promise<ChainVerdict> {
    return this.log.verify();
  }
}

export const accessLogQueries = [ListAccessesHandler, VerifyAccessLogHandler];
