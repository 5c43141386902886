import { Controller, Get, Param, Post } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ContractError, RedeemablesQuery, RedemptionListQuery, VoucherRedemptionsQuery } from '#contract';
import { GetRedemption, ListRedemptions, ListVoucherRedemptions } from '../queries/redemption.js';
import { ListRedeemables } from '../queries/redeemable.js';
import { FromQuery } from './bound.js';
import { Operation } from './operation.js';
import { Reads } from './reads.js';
import { Incoming } from './request.js';

/** Other services redeem, roll back and validate vouchers, and report the results as facts. */
const NOT_OFFERED = [
  'redemptions',
  'redemptions/:id/rollback',
  'redemptions/:id/rollbacks',
  'vouchers/:code/redemption',
  'vouchers/:code/validate',
  'validations',
  'promotions/validation',
  'qualifications',
];

/** Redemptions from facts, and the gift and loyalty cards of customers. */
@Controller('v1')
export class RedemptionsController {
  constructor(private readonly reads: Reads) {}

  @Get('redemptions')
  @Operation({
    role: 'read',
    summary: 'List redemptions',
    answer: 'RedemptionList',
    headers: ['X-Ledger-Min-Position'],
  })
  async list(
    @Incoming() request: FastifyRequest,
    @FromQuery(RedemptionListQuery) query: RedemptionListQuery,
  ): Promise<string> {
    const page = await this.reads.ask(request, new ListRedemptions(query));
    return JSON.stringify({ object: 'list', data_ref: 'redemptions', ...page });
  }

  @Get('redemptions/:id')
  @Operation({ role: 'read', summary: 'Read a redemption', answer: 'Redemption', headers: ['X-Ledger-Min-Position'] })
  async get(@Param('id') id: string, @Incoming() request: FastifyRequest): Promise<string> {
    return JSON.stringify(await this.reads.ask(request, new GetRedemption(id)));
  }

  @Get('vouchers/:code/redemption')
  @Operation({
    role: 'read',
    summary: 'List the redemptions of a voucher',
    description: 'By the code or the id of the voucher.',
    answer: 'VoucherRedemptionList',
    headers: ['X-Ledger-Min-Position'],
  })
  async ofVoucher(
    @Param('code') code: string,
    @Incoming() request: FastifyRequest,
    @FromQuery(VoucherRedemptionsQuery) query: VoucherRedemptionsQuery,
  ): Promise<string> {
    const { redemptions, ...page } = await this.reads.ask(request, new ListVoucherRedemptions(code, query));
    const list = { object: 'list', data_ref: 'redemption_entries', quantity: null, redemption_entries: redemptions };
    return JSON.stringify({ ...list, ...page });
  }

  @Get('customers/:ref/redeemables')
  @Operation({
    role: 'read',
    summary: 'List the cards of a customer',
    description: 'Gift and loyalty cards that facts name, with their balances.',
    answer: 'RedeemableList',
    headers: ['X-Ledger-Min-Position'],
  })
  async ofCustomer(
    @Param('ref') ref: string,
    @Incoming() request: FastifyRequest,
    @FromQuery(RedeemablesQuery) query: RedeemablesQuery,
  ): Promise<string> {
    const page = await this.reads.ask(request, new ListRedeemables(ref, query));
    return JSON.stringify({ object: 'list', data_ref: 'data', ...page });
  }

  @Post(NOT_OFFERED)
  @Operation({ role: 'write', summary: 'Not offered', isRefused: true })
  refuse(): never {
    throw new ContractError(
      'method_not_allowed',
      'This service does not redeem or validate: report the results of another service with POST /v1/facts',
    );
  }
}
