import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { type Portrait, ReadModel } from '#read-model';

/** A customer as they are shown to themselves; undefined for one who is not there any more. */
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
