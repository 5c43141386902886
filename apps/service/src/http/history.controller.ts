import { Controller, Get, Param, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isNamed } from '#audit';
import { DiffQuery, ExplainQuery, HistoryQuery } from '#contract';
import {
  GetDiff,
  GetExplanations,
  GetHistory,
  momentOf,
  NOW,
  StreamHistory,
  VerifyCustomer,
} from '../queries/history.js';
import { Accesses } from './accesses.js';
import { FromQuery } from './bound.js';
import { Operation } from './operation.js';
import { Incoming } from './request.js';
import { asksForLines, lines, NDJSON, streamTexts } from './streaming.js';

/** The history of a customer, also of a deleted one. The access log records each reader. */
@Controller('v1/customers')
export class HistoryController {
  constructor(
    private readonly queries: QueryBus,
    private readonly accesses: Accesses,
  ) {}

  @Get(':ref/history')
  @Operation({
    role: 'audit',
    summary: 'Every event of a customer',
    description: `With \`Accept: ${NDJSON}\` all events, one a line, and \`limit\` is ignored.`,
    answer: 'HistoryList',
  })
  async history(
    @Param('ref') ref: string,
    @Incoming() request: FastifyRequest,
    @FromQuery(HistoryQuery) query: HistoryQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const id = await this.accesses.admit(request, ref);
    if (asksForLines(request)) {
      streamTexts(reply, NDJSON, lines(await this.queries.execute(new StreamHistory(id, query))));
      return;
    }
    const { entries, has_more } = await this.queries.execute(new GetHistory(id, query));
    const cursor = has_more && { more_starting_after: String(entries.at(-1)?.revision) };
    await reply.send(JSON.stringify({ object: 'list', data_ref: 'events', events: entries, has_more, ...cursor }));
  }

  @Get(':ref/diff')
  @Operation({ role: 'audit', summary: 'List the changes between two moments', answer: 'Diff' })
  async diff(
    @Param('ref') ref: string,
    @Incoming() request: FastifyRequest,
    @FromQuery(DiffQuery) { from, to, clock }: DiffQuery,
  ): Promise<string> {
    const moments = [
      momentOf(from, clock),
      to === undefined ? (clock === 'recorded' ? NOW : EVER) : momentOf(to, clock),
    ] as const;
    const id = await this.accesses.admit(request, ref);
    const diff = await this.queries.execute(new GetDiff(id, ...moments));
    return JSON.stringify({ object: 'diff', customer_id: id, ...diff });
  }

  @Get(':ref/explain')
  @Operation({
    role: 'audit',
    summary: 'Explain a value by the events behind it',
    description: 'Returns one explanation when `path` names a value, else those of all values below it.',
    answer: 'Explanations',
  })
  async explain(
    @Param('ref') ref: string,
    @Incoming() request: FastifyRequest,
    @FromQuery(ExplainQuery) { path, as_of }: ExplainQuery,
  ): Promise<string> {
    const moment = as_of === undefined ? NOW : momentOf(as_of);
    const id = await this.accesses.admit(request, ref);
    const found = await this.queries.execute(new GetExplanations(id, path, moment));
    const [first] = found;
    if (path !== undefined && first && isNamed(first.path, path)) return JSON.stringify({ ...first, customer_id: id });
    return JSON.stringify({ object: 'list', data_ref: 'explanations', customer_id: id, explanations: found });
  }

  @Get(':ref/verify')
  @Operation({
    role: 'audit',
    summary: 'Verify that the history is unaltered',
    description: 'Recomputes the chain of hashes. Only an anchor that is kept elsewhere reveals a truncated end.',
    answer: 'Verification',
  })
  async verify(@Param('ref') ref: string): Promise<string> {
    const id = await this.accesses.identify(ref);
    const verdict = await this.queries.execute(new VerifyCustomer(id));
    return JSON.stringify({ object: 'verification', customer_id: id, ...verdict });
  }
}

/** The end of business time. */
const EVER = momentOf('9999-12-31T23:59:59.999Z', 'happened');
