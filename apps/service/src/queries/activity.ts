import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { type ActivitiesQuery, type ActivityQuery, ContractError } from '#contract';
import { type ActivitiesPage, type ActivityPage, ReadModel } from '#read-model';
import { CustomerRows } from './customer-rows.js';

export class ListActivity extends Query<ActivityPage> {
  constructor(
    readonly ref: string,
    readonly query: ActivityQuery,
  ) {
    super();
  }
}

@QueryHandler(ListActivity)
export class ListActivityHandler implements IQueryHandler<ListActivity> {
  constructor(
    private readonly model: ReadModel,
    private readonly customers: CustomerRows,
  ) {}

  async execute({ ref, query }: ListActivity): Promise<ActivityPage> {
    const row = await this.customers.find(ref);
    if (!row) throw ContractError.customerNotFound(ref);
    return this.model.activity(row.id, query);
  }
}

/** The deprecated form. */
export class ListActivities extends Query<ActivitiesPage> {
  constructor(
    readonly ref: string,
    readonly query: ActivitiesQuery,
  ) {
    super();
  }
}

@QueryHandler(ListActivities)
export class ListActivitiesHandler implements IQueryHandler<ListActivities> {
  constructor(
    private readonly model: ReadModel,
    private readonly customers: CustomerRows,
  ) {}

  async execute({ ref, query }: ListActivities): Promise<ActivitiesPage> {
    const row = await this.customers.find(ref);
    if (!row) throw ContractError.customerNotFound(ref);
    return this.model.activities(row.id, query);
  }
}

export const activityQueries = [ListActivityHandler, ListActivitiesHandler];
