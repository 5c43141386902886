import { Injectable } from '@nestjs/common';
import { ContractError } from '#contract';
import { Claims, type ClaimWords } from '#event-store';
import { type OrderKey, ReadModel } from '#read-model';
import { Config } from '../config.js';
import { Freshness } from '../ops/freshness.js';
import { CustomerStreams } from './customer-streams.js';

/** Ids and source ids of orders are claims: the first order is the owner. */
export class OrderClaims extends Claims {}

export const ORDER_NAMES: ClaimWords = {
  prefix: 'order',
  claimed: 'OrderNameClaimed',
  released: 'OrderNameReleased',
  owner: 'order',
};

/** A reference to an order by id or source id. */
export interface OrderRef {
  readonly id?: string | undefined;
  readonly source_id?: string | undefined;
}

/**
 * Resolves names to orders. The read model has the orders of facts, but may lack the newest; orders of clients claim
 * their names, so that two concurrent requests for one order create one.
 */
@Injectable()
export class OrderNames {
  constructor(
    private readonly claims: OrderClaims,
    private readonly model: ReadModel,
    private readonly streams: CustomerStreams,
    private readonly freshness: Freshness,
    private readonly config: Config,
  ) {}

  /** The order with this id, else with this source id. Throws 503 while the read model catches up. */
  async find({ id, source_id }: OrderRef): Promise<OrderKey | undefined> {
    const ref = id ?? source_id;
    if (ref === undefined) return undefined;
    const key = await this.model.orderKey(ref);
    if (key) return key;
    // a read model that catches up may lack known orders
    if (!(await this.freshness.caughtUp(this.config.READ_WAIT_MS)))
      throw new ContractError('unavailable', 'The read model has not caught up with the history yet');
    const names: OrderRef[] =
      id === undefined ? [{ source_id }] : id === source_id ? [{ id }, { source_id }] : [{ id }];
    for (const name of names) {
      const { owner } = await this.claims.find(nameOf(name));
      if (owner === undefined) continue;
      const claimed = keyOf(owner);
      if (!(await this.streams.isGone(claimed.customer_id))) return claimed;
    }
    return undefined;
  }

  /** The owner of this name; claims a free name, or that of a deleted customer, for the proposed order. */
  async claim(name: OrderRef, proposed: OrderKey): Promise<OrderKey> {
    const propose = () => ({ owner: textOf(proposed) });
    const { owner } = await this.claims.claim(nameOf(name), propose);
    const claimed = keyOf(owner);
    if (claimed.customer_id === proposed.customer_id || !(await this.streams.isGone(claimed.customer_id)))
      return claimed;
    await this.claims.release(nameOf(name), owner);
    return keyOf((await this.claims.claim(nameOf(name), propose)).owner);
  }
}

/** An order may have an id that is another one's source id. */
const nameOf = ({ id, source_id }: OrderRef): string => (id === undefined ? `source_id\n${source_id}` : `id\n${id}`);

const textOf = ({ customer_id, order_id }: OrderKey): string => JSON.stringify([customer_id, order_id]);

function keyOf(text: string): OrderKey {
  const [customer_id, order_id] = JSON.parse(text) as [string, string];
  return { customer_id, order_id };
}
