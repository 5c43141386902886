import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { createCustomer, type FactOf, placeOrder, Rejection } from '#customer';
import type { Context } from '#event-store';
import type { OrderKey } from '#read-model';
import type { CommandOutcome } from './proposal.js';
import { type CustomerInput, CustomerStreams, described } from './customer-streams.js';
import { OrderNames, type OrderRef } from './order-names.js';

/** An order from a client; a known order may leave out its customer. */
export interface PlacedOrder {
  readonly order: Omit<FactOf<'order'>, 'id' | 'customer'> & OrderRef;
  readonly customer?: CustomerInput | undefined;
  readonly referrer?: CustomerInput | undefined;
  /** The existing order, if any. */
  readonly known?: OrderKey | undefined;
  /** The id of a new customer without a name; the id of a new order follows from it. */
  readonly new_id: string;
}

/** Answers with the order's id as `entity_id`. */
export class PlaceOrder extends Command<CommandOutcome> {
  constructor(
    readonly input: PlacedOrder,
    readonly at: string,
    readonly context: Context,
  ) {
    super();
  }
}

@CommandHandler(PlaceOrder)
export class PlaceOrderHandler implements ICommandHandler<PlaceOrder> {
  constructor(
    private readonly streams: CustomerStreams,
    private readonly names: OrderNames,
  ) {}

  async execute({ input, at, context }: PlaceOrder): Promise<CommandOutcome> {
    const key = await this.keyOf(input);
    if (key instanceof Rejection) return key;
    const referrer_id = await this.referrerOf(input, at, context);
    if (referrer_id instanceof Rejection) return referrer_id;
    const { id: _, source_id, ...rest } = input.order;
    const said = {
      ...rest,
      id: key.order_id,
      // the source id never changes
      ...(!input.known && source_id !== undefined && { source_id }),
      ...(referrer_id !== undefined && { referrer_id }),
    };
    const outcome = await this.streams.decide(
      { customer: { id: key.customer_id }, input: { customer: described(input.customer), said }, at, context },
      placeOrder,
    );
    return outcome instanceof Rejection ? outcome : { ...outcome, entity_id: key.order_id };
  }

  /** A known order stays with its customer; a new one needs one. */
  private async keyOf({ order, customer, known, new_id }: PlacedOrder): Promise<OrderKey | Rejection> {
    if (!customer) return known ?? new Rejection('missing_customer');
    if (known) {
      const owner = await this.streams.meant(customer);
      if (owner instanceof Rejection) return owner;
      return owner === known.customer_id ? known : ofAnother(order);
    }
    const customer_id = await this.streams.named(customer, new_id);
    if (customer_id instanceof Rejection) return customer_id;
    return this.claimed(order, { customer_id, order_id: order.id ?? orderId(new_id) });
  }

  /** Claims the names of the order; resolves with the order that owns them. */
  private async claimed({ id, source_id }: OrderRef, proposed: OrderKey): Promise<OrderKey | Rejection> {
    let key = proposed;
    const names = [...(id === undefined ? [] : [{ id }]), ...(source_id === undefined ? [] : [{ source_id }])];
    for (const name of names) {
      const owner = await this.names.claim(name, key);
      if (owner.customer_id !== key.customer_id) return ofAnother(name);
      if (id !== undefined && owner.order_id !== id)
        return new Rejection('duplicate_found', { resource: 'order', id: owner.order_id });
      key = owner;
    }
    return key;
  }

  /** The id of the referrer, which is created or updated like the customer. */
  private async referrerOf(
    { referrer, order, new_id }: PlacedOrder,
    at: string,
    context: Context,
  ): Promise<string | Rejection | undefined> {
    if (!referrer) return order.referrer_id;
    const id = await this.streams.named(referrer, `${new_id}r`);
    if (id instanceof Rejection) return id;
    const customer = { id };
    const outcome = await this.streams.decide({ customer, input: described(referrer), at, context }, createCustomer);
    return outcome instanceof Rejection ? outcome : id;
  }
}

const ofAnother = ({ id, source_id }: OrderRef): Rejection =>
  new Rejection('invalid_customer', { order: id ?? source_id });

/** `ord_` and the 24 characters of a new customer id: the same for each request under one Idempotency-Key. */
const orderId = (newId: string): string => newId.replace(/^cust_/, 'ord_');

export const orderCommands = [PlaceOrderHandler];
