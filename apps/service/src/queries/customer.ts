import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ContractError, type CustomerListQuery } from '#contract';
import { type CustomerPage, ReadModel } from '#read-model';

/** A customer as the read model has it: the contract's object as JSON text. */
export interface CustomerView {
  readonly id: string;
  readonly document: string;
  readonly revision: number;
}

export class GetCustomer extends Query<CustomerView> {
  constructor(readonly ref: string) {
    super();
  }
}

@QueryHandler(GetCustomer)
export class GetCustomerHandler implements IQueryHandler<GetCustomer> {
  constructor(private readonly model: ReadModel) {}

  async execute({ ref }: GetCustomer): Promise<CustomerView> {
    const row = await this.model.customer(ref);
    if (!row) throw ContractError.customerNotFound(ref);
    return row;
  }
}

export class ListCustomers extends Query<CustomerPage> {
  constructor(readonly query: CustomerListQuery) {
    super();
  }
}

@QueryHandler(ListCustomers)
export class ListCustomersHandler implements IQueryHandler<ListCustomers> {
  constructor(private readonly model: ReadModel) {}

  execute({ query }: ListCustomers): Promise<CustomerPage> {
    return this.model.customers(query);
  }
}

export const customerQueries = [GetCustomerHandler, ListCustomersHandler];
