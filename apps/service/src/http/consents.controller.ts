import { Controller, Delete, Get, Param, Post, Put } from '@nestjs/common';
import { type Command, CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyRequest } from 'fastify';
import {
  ConsentBody,
  ConsentChangeBody,
  ConsentGroupBody,
  ConsentGroupChangeBody,
  ContractError,
  rejected,
} from '#contract';
import { type ConsentCatalog, consentGroupObject, consentLists, consentObject, Rejection } from '#customer';
import type { Context } from '#event-store';
import {
  DefineConsent,
  DefineConsentGroup,
  ReviseConsent,
  ReviseConsentGroup,
  WithdrawConsent,
  WithdrawConsentGroup,
} from '../commands/consent-catalog.js';
import { newId } from '../commands/ids.js';
import { Clock } from '../ops/clock.js';
import { GetConsentCatalog } from '../queries/consent.js';
import { FromBody } from './bound.js';
import { Operation } from './operation.js';
import { contextOf, Incoming } from './request.js';

/** Contract 5.5: the catalog of consents. Its definition, for the role `admin`, is an addition of this service. */
@Controller('v1/consents')
export class ConsentsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Operation({ role: 'read', summary: 'List consents and their groups', answer: 'ConsentLists' })
  async list(): Promise<string> {
    return JSON.stringify(consentLists(await this.queries.execute(new GetConsentCatalog())));
  }

  @Post()
  @Operation({ role: 'admin', summary: 'Define a consent', answer: 'Consent' })
  async define(@Incoming() request: FastifyRequest, @FromBody(ConsentBody) body: ConsentBody): Promise<string> {
    const { id = newId('cnst_'), name, description = '', category = '' } = body;
    const input = { name, description, category };
    return consentText(await this.send(request, (at, context) => new DefineConsent(id, input, at, context)), id);
  }

  @Put(':id')
  @Operation({ role: 'admin', summary: 'Change a consent', answer: 'Consent' })
  async revise(
    @Param('id') id: string,
    @Incoming() request: FastifyRequest,
    @FromBody(ConsentChangeBody) body: ConsentChangeBody,
  ): Promise<string> {
    return consentText(await this.send(request, (at, context) => new ReviseConsent(id, body, at, context)), id);
  }

  @Delete(':id')
  @Operation({ role: 'admin', summary: 'Withdraw a consent', status: 204 })
  async withdraw(@Param('id') id: string, @Incoming() request: FastifyRequest): Promise<void> {
    await this.send(request, (at, context) => new WithdrawConsent(id, undefined, at, context));
  }

  @Post('groups')
  @Operation({ role: 'admin', summary: 'Define a group of consents', answer: 'ConsentGroup' })
  async defineGroup(
    @Incoming() request: FastifyRequest,
    @FromBody(ConsentGroupBody) body: ConsentGroupBody,
  ): Promise<string> {
    const { id = newId('cnstgr_'), name, description = '', consents = [] } = body;
    const input = { name, description, consents };
    return groupText(await this.send(request, (at, context) => new DefineConsentGroup(id, input, at, context)), id);
  }

  @Put('groups/:id')
  @Operation({
    role: 'admin',
    summary: 'Change a group of consents',
    answer: 'ConsentGroup',
  })
  async reviseGroup(
    @Param('id') id: string,
    @Incoming() request: FastifyRequest,
    @FromBody(ConsentGroupChangeBody) body: ConsentGroupChangeBody,
  ): Promise<string> {
    return groupText(await this.send(request, (at, context) => new ReviseConsentGroup(id, body, at, context)), id);
  }

  @Delete('groups/:id')
  @Operation({ role: 'admin', summary: 'Withdraw a group of consents', status: 204 })
  async withdrawGroup(@Param('id') id: string, @Incoming() request: FastifyRequest): Promise<void> {
    await this.send(request, (at, context) => new WithdrawConsentGroup(id, undefined, at, context));
  }

  private async send(
    request: FastifyRequest,
    make: (at: string, context: Context) => Command<ConsentCatalog | Rejection>,
  ): Promise<ConsentCatalog> {
    const outcome = await this.commands.execute(make(this.clock.now(), contextOf(request)));
    if (outcome instanceof Rejection) throw rejected(outcome);
    return outcome;
  }
}

const consentText = (catalog: ConsentCatalog, id: string): string => present(consentObject(catalog, id));
const groupText = (catalog: ConsentCatalog, id: string): string => present(consentGroupObject(catalog, id));

/** Throws 404 when another request has just withdrawn it. */
function present(one: object | undefined): string {
  if (!one) throw new ContractError('not_found');
  return JSON.stringify(one);
}
