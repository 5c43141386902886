import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { type CustomerOverview, ReadModel } from '#read-model';

/** The data of a customer's own page; undefined for a deleted customer. */
export class GetCustomerOverview extends Query<CustomerOverview | undefined> {
  constructor(readonly customerId: string) {
    super();
  }
}

@QueryHandler(GetCustomerOverview)
export class GetCustomerOverviewHandler implements IQueryHandler<GetCustomerOverview> {
  constructor(private readonly model: ReadModel) {}

  execute({ customerId }: GetCustomerOverview): Promise<CustomerOverview | undefined> {
    return this.model.customerOverview(customerId);
  }
}
