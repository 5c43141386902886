import { Controller, Get, Post, Res, UseFilters } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ContractError } from '#contract';
import { ChangeConsents } from '../commands/consent.js';
import { Config } from '../config.js';
import { Operation } from '../http/operation.js';
import { callerAt, RateLimit } from '../http/rate-limits.js';
import { Reads } from '../http/reads.js';
import { header, Incoming, isOwnHiddenPage } from '../http/request.js';
import { Writes } from '../http/writes.js';
import { GetConsentCatalog } from '../queries/consent.js';
import { GetCustomerOverview } from '../queries/customer-overview.js';
import { type Account, accountOf } from './account.js';
import { CockpitErrors, dressed } from './errors.filter.js';
import { figuresFor } from './figures.js';
import { accountPage, type Notice } from './page.js';
import { CockpitTokens } from './tokens.js';

const MINUTE_MS = 60_000;
/** The number of addresses with a counter. */
const ADDRESSES_MAX = 100_000;
/** The lifetime of the forms on a page. */
const FORM_TTL_MS = 60 * MINUTE_MS;

/** A visit by a link, which needs no key. */
interface Visit {
  readonly link: string;
  readonly customer_id: string;
  readonly account: Account;
}

/** The customer's own page. */
@Controller('cockpit')
@UseFilters(CockpitErrors)
export class CockpitController {
  private readonly limit: RateLimit;

  constructor(
    private readonly tokens: CockpitTokens,
    private readonly reads: Reads,
    private readonly writes: Writes,
    private readonly queries: QueryBus,
    config: Config,
  ) {
    this.limit = new RateLimit(config.COCKPIT_PER_MINUTE, MINUTE_MS, ADDRESSES_MAX);
  }

  @Get()
  @Operation({
    role: 'public',
    summary: 'The customer’s own page',
    description: '`token` is that of `assets.cockpit_url`.',
    type: 'text/html',
  })
  async page(@Incoming() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { link, customer_id, account } = await this.admit(request, dressed(reply));
    const form = this.tokens.form(customer_id, link, { now_ms: Date.now(), ttl_ms: FORM_TTL_MS });
    const { notice } = request.query as { notice?: unknown };
    return accountPage(account, { figures: figuresFor(header(request, 'accept-language')), form, notice });
  }

  @Post()
  @Operation({
    role: 'public',
    summary: 'Give or withdraw a consent on the customer’s own page',
    description: 'Accepts the forms of that page and nothing else.',
    status: 303,
    isForm: true,
  })
  async choose(@Incoming() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    const { link, account } = await this.admit(request, dressed(reply));
    if (!isOwnHiddenPage(request)) throw new ContractError('forbidden');
    const notice = await this.choice(request, reply, { link, account });
    void reply.header('location', `?token=${link}&notice=${notice}#notice`);
  }

  private async choice(
    request: FastifyRequest,
    reply: FastifyReply,
    { link, account }: Pick<Visit, 'link' | 'account'>,
  ): Promise<Notice> {
    const fields = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const ticket = this.tokens.openForm(fields.get('form'), link, Date.now());
    if (!ticket) return 'late';
    const consent = account.consents.find(({ id }) => id === fields.get('consent'));
    const isGiven = fields.get('given') === 'true';
    // a consent counts only for the wording that the customer has read
    if (!consent || (isGiven && fields.get('wording') !== String(consent.version))) return 'reworded';
    const said = { consents: { [consent.id]: isGiven } };
    await this.writes.send(
      request,
      reply,
      ({ at, context }) => new ChangeConsents({ existing: ticket.customer_id }, said, at, context),
    );
    return 'saved';
  }

  /** Throws 429, and 404 for every link that is invalid or leads to no active customer. */
  private async admit(request: FastifyRequest, reply: FastifyReply): Promise<Visit> {
    this.limit.admit(callerAt(request.ip), reply);
    const { token } = request.query as { token?: unknown };
    const ticket = this.tokens.openLink(token, Date.now());
    if (!ticket) throw new ContractError('not_found');
    request.caller = { app_id: 'cockpit', roles: new Set(), channel: 'COCKPIT' };
    const overview = await this.reads.ask(request, new GetCustomerOverview(ticket.customer_id));
    if (!overview) throw new ContractError('not_found');
    const account = accountOf(overview, await this.queries.execute(new GetConsentCatalog()));
    return { link: token as string, customer_id: ticket.customer_id, account };
  }
}
