import { Controller, Get, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AccessEntry } from '#audit';
import { AccessLogQuery } from '#contract';
import { ListAccesses, VerifyAccessLog } from '../queries/access-log.js';
import { FromQuery } from './bound.js';
import { Operation } from './operation.js';
import { Incoming } from './request.js';
import { asksForLines, lines, NDJSON, streamTexts } from './streaming.js';

/** Who read whose history. */
@Controller('v1/access-log')
export class AccessLogController {
  constructor(private readonly queries: QueryBus) {}

  @Get()
  @Operation({
    role: 'admin',
    summary: 'Who read whose history',
    description: `With \`Accept: ${NDJSON}\` all of it, one access a line; \`limit\` counts only without.`,
    query: AccessLogQuery,
    answer: 'AccessLog',
  })
  async list(
    @Incoming() request: FastifyRequest,
    @FromQuery(AccessLogQuery) { limit, ...query }: AccessLogQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const found = await this.queries.execute(new ListAccesses(query));
    if (asksForLines(request)) return streamTexts(reply, NDJSON, lines(found));
    const accesses: AccessEntry[] = [];
    let has_more = false;
    for await (const entry of found) {
      if (accesses.length === limit) {
        has_more = true;
        break;
      }
      accesses.push(entry);
    }
    const cursor = has_more && { more_starting_after: String(accesses.at(-1)?.revision) };
    await reply.send(JSON.stringify({ object: 'list', data_ref: 'accesses', accesses, has_more, ...cursor }));
  }

  @Get('verify')
  @Operation({ role: 'admin', summary: 'Whether the access log is as it was written', answer: 'Verification' })
  async verify(): Promise<string> {
    return JSON.stringify({ object: 'verification', ...(await this.queries.execute(new VerifyAccessLog())) });
  }
}
