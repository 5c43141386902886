import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AccessEntry, AccessLog } from '#audit';
import { AccessLogQuery, parsed } from '#contract';
import { Operation } from './operation.js';
import { Incoming } from './request.js';
import { asksForLines, lines, NDJSON, streamTexts } from './streaming.js';

/** Who read whose history. */
@Controller('v1/access-log')
export class AccessLogController {
  constructor(private readonly log: AccessLog) {}

  @Get()
  @Operation({
    role: 'admin',
    summary: 'Who read whose history',
    description: `With \`Accept: ${NDJSON}\` all of it, one access a line; \`limit\` counts only without.`,
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
  @Operation({ role: 'admin', summary: 'Whether the access log is as it was written', answer: 'Verification' })
  async verify(): Promise<string> {
    return JSON.stringify({ object: 'verification', ...(await this.log.verify()) });
  }
}
