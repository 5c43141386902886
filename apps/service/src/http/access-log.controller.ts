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

/** Accesses to the histories of customers. */
@Controller('v1/access-log')
export class AccessLogController {
  constructor(private readonly queries: QueryBus) {}

  @Get()
  @Operation({
    role: 'admin',
    summary: 'List accesses to the histories of customers',
    description: `With \`Accept: ${NDJSON}\` the whole log, one access a line, and \`limit\` is ignored.`,
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
  @Operation({ role: 'admin', summary: 'Verify that the access log is unaltered', answer: 'Verification' })
  async verify(): Promise<string> {
    return JSON.stringify({ object: 'verification', ...(await this.queries.execute(new VerifyAccessLog())) });
  }
}
