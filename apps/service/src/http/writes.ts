import { Injectable } from '@nestjs/common';
import { type Command, CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Accepted, CommandOutcome } from '../commands/proposal.js';
import { newCustomerId } from '../commands/ids.js';
import { Idempotency } from '../commands/idempotency.js';
import { Clock } from '../ops/clock.js';
import { Freshness } from '../ops/freshness.js';
import { accepted, etag, ifMatch } from './answers.js';
import { appId, contextOf, idempotencyKey } from './request.js';

/** The parts of a request that commands need. */
export interface Origin {
  readonly at: string;
  readonly context: ReturnType<typeof contextOf>;
  readonly if_match: number | undefined;
  /** The id of a new customer without a source id; the same for each request under one Idempotency-Key. */
  readonly newId: () => string;
}

/** Sends commands of HTTP callers with actor and If-Match, once per Idempotency-Key. */
@Injectable()
export class Writes {
  constructor(
    private readonly commands: CommandBus,
    private readonly idempotency: Idempotency,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
  ) {}

  /** Resolves when the command is durable; throws the contract's error when it is refused. */
  async send(
    request: FastifyRequest,
    reply: FastifyReply,
    make: (origin: Origin) => Command<CommandOutcome>,
    ref?: string,
  ): Promise<Accepted> {
    const run = (newId: () => string): Promise<CommandOutcome> =>
      this.commands.execute(make(this.origin(request, newId)));
    // clients share one key, so an Idempotency-Key of one client must not affect others
    const key = isClient(request) ? undefined : idempotencyKey(request);
    const outcome =
      key === undefined
        ? await run(newCustomerId)
        : await this.idempotency.command({ app_id: appId(request), key, content: contentOf(request) }, (newId) =>
            run(() => newId),
          );
    const answer = accepted(outcome, ref);
    this.wrote(request, reply, answer.position);
    // the revision belongs to the customer, so an order gets no ETag
    if (answer.entity_id === undefined && !isClient(request)) void reply.header('etag', etag(answer.revision));
    return answer;
  }

  /** Returns the position of the write in a header; later reads with the same key show the write. */
  wrote(request: FastifyRequest, reply: FastifyReply, position: bigint): void {
    this.freshness.wrote(appId(request), position);
    if (!isClient(request)) void reply.header('x-ledger-position', String(position));
  }

  private origin(request: FastifyRequest, newId: () => string): Origin {
    return { at: this.clock.now(), context: contextOf(request), if_match: ifMatch(request), newId };
  }
}

/** Browsers of customers: the client side and the cockpit. */
const isClient = ({ caller }: FastifyRequest): boolean => (caller?.channel ?? 'API') !== 'API';

const contentOf = (request: FastifyRequest): string =>
  `${request.method} ${request.url}\n${JSON.stringify(request.body) ?? ''}`;
