import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ContractError, type OrderBody, rejected } from '#contract';
import { Rejection } from '#customer';
import type { Context } from '#event-store';
import { StoreOverloaded, TooManyConflicts } from '#event-store';
import { Limiter, LimitExceeded } from '#flow';
import type { CommandOutcome } from '../commands/proposal.js';
import { nthId } from '../commands/ids.js';
import { PlaceOrder } from '../commands/order.js';
import { OrderNames } from '../commands/order-names.js';
import { Clock } from '../ops/clock.js';

/** The type of the asynchronous action for an import, which is done before the answer. */
export const ORDER_IMPORT = 'ORDERS.IMPORT';

/** The result of an import, which is durable. */
export interface ImportResult {
  readonly done_count: number;
  readonly failed_count: number;
  readonly errors: readonly { readonly index: number; readonly source_id?: string; readonly error: object }[];
  /** The position of the newest order; undefined without one. */
  readonly position: bigint | undefined;
}

/** The number of waiting imports, with the running one. */
const IMPORTS_MAX = 8;
/** The number of orders that one import places at a time. */
const TOGETHER_MAX = 100;

/** Imports past orders, one import at a time on an instance; each order is placed like any other. */
@Injectable()
export class OrderImports {
  private readonly limiter = new Limiter(1, IMPORTS_MAX);

  constructor(
    private readonly commands: CommandBus,
    private readonly names: OrderNames,
    private readonly clock: Clock,
  ) {}

  /**
   * Orders without a name of their own get ids that follow from `new_id`. Throws 429 before anything is written when too
   * many imports wait.
   */
  async run(orders: readonly OrderBody[], new_id: string, context: Context): Promise<ImportResult> {
    try {
      return await this.limiter.run(() => this.import(orders, new_id, context));
    } catch (error) {
      throw error instanceof LimitExceeded ? new ContractError('too_many_requests') : error;
    }
  }

  private async import(orders: readonly OrderBody[], new_id: string, context: Context): Promise<ImportResult> {
    const outcomes: RowOutcome[] = [];
    const all = merged(orders);
    for (let from = 0; from < all.length; from += TOGETHER_MAX)
      outcomes.push(
        ...(await Promise.all(all.slice(from, from + TOGETHER_MAX).map((one) => this.place(one, new_id, context)))),
      );
    const errors = outcomes.flatMap(({ error }) => error ?? []);
    const positions = outcomes.flatMap(({ position }) => position ?? []);
    return {
      done_count: outcomes.length - errors.length,
      failed_count: errors.length,
      errors,
      position: positions.reduce<bigint | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined),
    };
  }

  private async place({ index, body }: Numbered, new_id: string, context: Context): Promise<RowOutcome> {
    const { customer, customer_id, referrer, ...order } = body;
    const owner = customer ?? (customer_id === undefined ? undefined : { id: customer_id });
    const refused = (error: ContractError): RowOutcome => ({
      error: {
        index,
        ...(order.source_id !== undefined && { source_id: order.source_id }),
        error: error.body(context.correlation_id),
      },
    });
    try {
      const known = await this.names.find(order);
      const input = { order, customer: owner, referrer, known, new_id: nthId(new_id, index) };
      const outcome = await this.commands.execute<PlaceOrder, CommandOutcome>(
        new PlaceOrder(input, this.clock.now(), context),
      );
      if (outcome instanceof Rejection) return refused(rejected(outcome, owner?.id ?? owner?.source_id));
      return { position: outcome.position };
    } catch (error) {
      if (error instanceof StoreOverloaded || error instanceof TooManyConflicts)
        return refused(new ContractError('too_many_requests'));
      throw error;
    }
  }
}

type RowOutcome =
  | { readonly position: bigint; readonly error?: undefined }
  | { readonly position?: undefined; readonly error: ImportResult['errors'][number] };

interface Numbered {
  readonly index: number;
  readonly body: OrderBody;
}

/** Merges orders with a common id or source id: later fields win, fields that a later one leaves out stay. */
function merged(orders: readonly OrderBody[]): Numbered[] {
  const all: Numbered[] = [];
  const places = new Map<string, number>();
  for (const [index, body] of orders.entries()) {
    const { id, source_id } = body;
    const names = [
      ...(id === undefined ? [] : [`id ${id}`]),
      ...(source_id === undefined ? [] : [`source_id ${source_id}`]),
    ];
    const place = names.map((name) => places.get(name)).find((at) => at !== undefined) ?? all.length;
    all[place] = { index, body: { ...all[place]?.body, ...body } };
    for (const name of names) places.set(name, place);
  }
  return all;
}
