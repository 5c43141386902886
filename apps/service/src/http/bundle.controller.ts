import { Controller, Get, Param, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bundleJson, timelinePage } from '#audit';
import { BundleQuery, ContractError } from '#contract';
import { MakeBundle } from '../queries/bundle.js';
import { Accesses } from './accesses.js';
import { FromQuery } from './bound.js';
import { Operation } from './operation.js';
import { header, Incoming, onceClosed } from './request.js';
import { streamTexts } from './streaming.js';

/** Each bundle uses time of the thread and memory for the state of its customer. */
const BUNDLES_MAX = 8;
const JSON_TYPE = 'application/json';

@Controller('v1/customers')
export class BundleController {
  private running = 0;

  constructor(
    private readonly queries: QueryBus,
    private readonly accesses: Accesses,
  ) {}

  @Get(':ref/bundle')
  @Operation({
    role: 'audit',
    summary: 'Everything about one customer in one file',
    description:
      'A page that needs no network and contains the events for `ledger verify FILE`; also for deleted and erased customers. ' +
      '`Accept: application/json` returns the events alone. `with_key=true` adds the customer’s data key: it proves the sealed ' +
      'data, and opens data that is sealed later.',
    type: 'text/html',
  })
  async bundle(
    @Param('ref') ref: string,
    @Incoming() request: FastifyRequest,
    @FromQuery(BundleQuery) { with_key }: BundleQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const id = await this.accesses.admit(request, ref);
    if (this.running >= BUNDLES_MAX) throw new ContractError('too_many_requests');
    this.running += 1;
    onceClosed(reply.raw, () => (this.running -= 1));
    const bundle = await this.queries.execute(new MakeBundle(id, with_key === 'true'));
    if (!bundle) throw ContractError.customerNotFound(ref);
    const isJson = prefersJson(header(request, 'accept'));
    void reply.header('content-disposition', `attachment; filename="${fileName(id)}.${isJson ? 'json' : 'html'}"`);
    if (isJson) streamTexts(reply, JSON_TYPE, bundleJson(bundle));
    else streamTexts(reply, 'text/html', timelinePage(bundle));
  }
}

/** False for browsers, which accept pages and any other type. */
const prefersJson = (accept: string | undefined): boolean =>
  accept !== undefined && accept.includes(JSON_TYPE) && !accept.includes('text/html');

/** A customer id may contain characters that a file name must not. */
const fileName = (id: string): string => `ledger-${id.replace(/[^\w.-]/g, '_').slice(0, 100)}`;
