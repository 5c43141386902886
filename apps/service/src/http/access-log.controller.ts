import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AccessEntry, AccessLog } from '#audit';
import { AccessLogQuery, parsed } from '#contract';
import { Operation } from './operation.js';
import { Incoming } from './request.js';
import { asksForLines, lines, NDJSON, streamTexts } from './streaming.js';

/** Accesses to the histories of customers. */
@Controller('v1/access-log')
export class AccessLogController {
  constructor(private readonly log: AccessLog) {}

  @Get()
  @Operation({
    role: 'admin',
    summary: 'List accesses to the histories of customers',
    description: `With \`Accept: ${NDJSON}\` the whole log, one access a line, and \`limit\` is ignored.`,
    query: AccessLogQuery,
    answer: 'AccessLog',
  })
  async list(@Incoming() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { limit, order, starting_after, ...filter } = parsed(AccessLogQuery, request.query, 'query');
    const found = this.log.entries({ order, starting_after }, filter);
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
    return JSON.stringify({ object: 'verification', ...(await this.log.verify()) });
  }
}
