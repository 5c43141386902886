import { Injectable } from '@nestjs/common';
import { type CustomerRow, ReadModel } from '#read-model';
import { CustomerNames } from '../commands/customer-names.js';

/** Finds customers in the read model by any of their names. */
@Injectable()
export class CustomerRows {
  constructor(
    private readonly model: ReadModel,
    private readonly names: CustomerNames,
  ) {}

  /** By id or current source id, else by another name of the customer. */
  async find(ref: string): Promise<CustomerRow | undefined> {
    return (await this.model.customer(ref)) ?? this.byOtherName(ref);
  }

  private async byOtherName(ref: string): Promise<CustomerRow | undefined> {
    const id = await this.names.existing(ref);
    return typeof id === 'string' && id !== ref ? this.model.customer(id) : undefined;
  }
}
