import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { type Portrait, ReadModel } from '#read-model';

/** The data of a customer's own page; undefined for a deleted customer. */
export class GetPortrait extends Query<Portrait | undefined> {
  constructor(readonly customerId: string) {
    super();
  }
}

@QueryHandler(GetPortrait)
export class GetPortraitHandler implements IQueryHandler<GetPortrait> {
  constructor(private readonly model: ReadModel) {}

  execute({ customerId }: GetPortrait): Promise<Portrait | undefined> {
    return this.model.portrait(customerId);
  }
}
