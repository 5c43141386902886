import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ContractError, type OrderListQuery } from '#contract';
import type { OrderDocument } from '#customer';
import { type OrderKey, type OrderPage, ReadModel } from '#read-model';
import { OrderNames, type OrderRef } from '../commands/order-names.js';
import { CustomerRows } from './customer-rows.js';

export class GetOrder extends Query<OrderDocument> {
  constructor(readonly ref: string) {
    super();
  }
}

@QueryHandler(GetOrder)
export class GetOrderHandler implements IQueryHandler<GetOrder> {
  constructor(private readonly model: ReadModel) {}

  async execute({ ref }: GetOrder): Promise<OrderDocument> {
    const order = await this.model.order(ref);
    if (!order) throw ContractError.resourceNotFound('order', ref);
    return order;
  }
}

/** The order that a client names, also one that is too new to be read. */
export class FindOrder extends Query<OrderKey | undefined> {
  constructor(readonly ref: OrderRef) {
    super();
  }
}

@QueryHandler(FindOrder)
export class FindOrderHandler implements IQueryHandler<FindOrder> {
  constructor(private readonly names: OrderNames) {}

  execute({ ref }: FindOrder): Promise<OrderKey | undefined> {
    return this.names.find(ref);
  }
}

export class ListOrders extends Query<OrderPage> {
  constructor(readonly query: OrderListQuery) {
    super();
  }
}

/** The page of an unknown customer. */
const NONE: OrderPage = { orders: [], total: 0, has_more: false };

@QueryHandler(ListOrders)
export class ListOrdersHandler implements IQueryHandler<ListOrders> {
  constructor(
    private readonly model: ReadModel,
    private readonly customers: CustomerRows,
  ) {}

  async execute({ query: { customer, ...filter } }: ListOrders): Promise<OrderPage> {
    if (customer === undefined) return this.model.orders(filter);
    const row = await this.customers.find(customer);
    return row ? this.model.orders({ ...filter, customer_id: row.id }) : NONE;
  }
}

export const orderQueries = [GetOrderHandler, FindOrderHandler, ListOrdersHandler];
