import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ContractError, type RedemptionListQuery, type VoucherRedemptionsQuery } from '#contract';
import type { RedemptionDocument } from '#customer';
import { ReadModel, type RedemptionPage } from '#read-model';
import { CustomerRows } from './customer-rows.js';

export class GetRedemption extends Query<RedemptionDocument> {
  constructor(readonly id: string) {
    super();
  }
}

@QueryHandler(GetRedemption)
export class GetRedemptionHandler implements IQueryHandler<GetRedemption> {
  constructor(private readonly model: ReadModel) {}

  async execute({ id }: GetRedemption): Promise<RedemptionDocument> {
    const redemption = await this.model.redemption(id);
    if (!redemption) throw ContractError.resourceNotFound('redemption', id);
    return redemption;
  }
}

export class ListRedemptions extends Query<RedemptionPage> {
  constructor(readonly query: RedemptionListQuery) {
    super();
  }
}

/** The page of an unknown customer, by the contract. */
const NONE: RedemptionPage = { redemptions: [], total: 0, has_more: false };

@QueryHandler(ListRedemptions)
export class ListRedemptionsHandler implements IQueryHandler<ListRedemptions> {
  constructor(
    private readonly model: ReadModel,
    private readonly customers: CustomerRows,
  ) {}

  async execute({ query: { customer, ...filter } }: ListRedemptions): Promise<RedemptionPage> {
    if (customer === undefined) return this.model.redemptions(filter);
    const row = await this.customers.find(customer);
    return row ? this.model.redemptions({ ...filter, customer_id: row.id }) : NONE;
  }
}

export class ListVoucherRedemptions extends Query<RedemptionPage> {
  constructor(
    readonly voucher: string,
    readonly query: VoucherRedemptionsQuery,
  ) {
    super();
  }
}

/** Throws 404 for a voucher without redemptions, because vouchers are known from redemptions alone. */
@QueryHandler(ListVoucherRedemptions)
export class ListVoucherRedemptionsHandler implements IQueryHandler<ListVoucherRedemptions> {
  constructor(private readonly model: ReadModel) {}

  async execute({ voucher, query }: ListVoucherRedemptions): Promise<RedemptionPage> {
    const page = await this.model.redemptions({ ...query, voucher });
    if (page.total === 0) throw ContractError.resourceNotFound('voucher', voucher);
    return page;
  }
}

export const redemptionQueries = [GetRedemptionHandler, ListRedemptionsHandler, ListVoucherRedemptionsHandler];
