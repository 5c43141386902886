import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ContractError, type CustomerListQuery } from '#contract';
import { type CustomerPage, type CustomerRow, ReadModel } from '#read-model';
import { CustomerStreams } from '../commands/customer-streams.js';
import { Memberships } from '../segments/memberships.js';
import { CustomerCache } from './customer-cache.js';
import { CustomerRows } from './customer-rows.js';

/** A customer from the read model, as JSON text of the contract's object. */
export class GetCustomer extends Query<CustomerRow> {
  constructor(readonly ref: string) {
    super();
  }
}

@QueryHandler(GetCustomer)
export class GetCustomerHandler implements IQueryHandler<GetCustomer> {
  constructor(
    private readonly model: ReadModel,
    private readonly cache: CustomerCache,
    private readonly customers: CustomerRows,
  ) {}

  async execute({ ref }: GetCustomer): Promise<CustomerRow> {
    const known = this.cache.get(ref);
    if (known) return known;
    const row = await this.customers.find(ref);
    if (!row) throw ContractError.customerNotFound(ref);
    this.cache.set(ref, row);
    return row;
  }
}

/** The id of the customer who has or had this name; undefined when there is none. */
export class IdentifyCustomer extends Query<string | undefined> {
  constructor(readonly ref: string) {
    super();
  }
}

@QueryHandler(IdentifyCustomer)
export class IdentifyCustomerHandler implements IQueryHandler<IdentifyCustomer> {
  constructor(private readonly streams: CustomerStreams) {}

  execute({ ref }: IdentifyCustomer): Promise<string | undefined> {
    return this.streams.known(ref);
  }
}

export class ListCustomers extends Query<CustomerPage> {
  constructor(readonly query: CustomerListQuery) {
    super();
  }
}

@QueryHandler(ListCustomers)
export class ListCustomersHandler implements IQueryHandler<ListCustomers> {
  constructor(
    private readonly model: ReadModel,
    private readonly memberships: Memberships,
  ) {}

  async execute({ query: { segment_id, ...filter } }: ListCustomers): Promise<CustomerPage> {
    const among = segment_id === undefined ? undefined : await this.memberships.among(segment_id);
    return this.model.customers({ ...filter, among });
  }
}

export const customerQueries = [GetCustomerHandler, IdentifyCustomerHandler, ListCustomersHandler];
