import { Body, Controller, Get, Post, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { eventsIn, type Fact, factSchemas, parseFact, type UnreadableFact } from '#contract';
import { inPortions } from '#flow';
import { type FactResult, Ingest } from '../ingest/ingest.js';
import { Freshness } from '../ops/freshness.js';
import { Operation } from './operation.js';
import { appId, Incoming } from './request.js';

@Controller('v1/facts')
export class FactsController {
  private readonly schemas = JSON.stringify(factSchemas());

  constructor(
    private readonly ingest: Ingest,
    private readonly freshness: Freshness,
  ) {}

  @Post()
  @Operation({
    role: 'ingest',
    summary: 'Send facts as CloudEvents 1.0',
    description:
      'Structured (`application/cloudevents+json`), batch (`application/cloudevents-batch+json`) or binary mode (`ce-*` headers). ' +
      'Answers once everything is durable, with one result per fact in order; a bad fact does not stop the others.',
    answer: 'FactResults',
  })
  async take(
    @Incoming() request: FastifyRequest,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { headers } = request;
    const facts: (Fact | UnreadableFact)[] = [];
    for await (const events of inPortions(eventsIn({ content_type: headers['content-type'], headers, body })))
      facts.push(...events.map(parseFact));
    const results = await this.ingest.take(facts, { app_id: appId(request), request_id: request.id });
    const position = newest(results);
    if (position !== undefined) {
      this.freshness.wrote(appId(request), position);
      void reply.header('x-ledger-position', String(position));
    }
    return JSON.stringify({ object: 'list', data_ref: 'results', results, ...counts(results) });
  }

  @Get('schemas')
  @Operation({ role: 'ingest', summary: 'JSON Schemas of every fact type', answer: 'FactSchemas' })
  factSchemas(): string {
    return this.schemas;
  }
}

function newest(results: readonly FactResult[]): bigint | undefined {
  let position: bigint | undefined;
  for (const result of results) {
    if (result.status === 'rejected') continue;
    const own = BigInt(result.position);
    if (position === undefined || own > position) position = own;
  }
  return position;
}

function counts(results: readonly FactResult[]): { accepted: number; duplicate: number; rejected: number } {
  const total = { accepted: 0, duplicate: 0, rejected: 0 };
  for (const { status } of results) total[status] += 1;
  return total;
}
