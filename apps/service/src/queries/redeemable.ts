import { createHash } from 'node:crypto';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ContractError, type RedeemablesQuery } from '#contract';
import { type Holding, holdings } from '#customer';
import { ReadModel } from '#read-model';
import { Clock } from '../ops/clock.js';
import { CustomerRows } from './customer-rows.js';
import { assertAllUsed, type Filterable, matcher, typeNamed } from './filters.js';

export interface RedeemablesPage {
  readonly data: readonly { readonly id: string }[];
  /** The number of matching cards on all pages. */
  readonly total: number;
  readonly has_more: boolean;
  /** Present only when there is more. */
  readonly more_starting_after?: string;
}

export class ListRedeemables extends Query<RedeemablesPage> {
  constructor(
    readonly ref: string,
    readonly query: RedeemablesQuery,
  ) {
    super();
  }
}

@QueryHandler(ListRedeemables)
export class ListRedeemablesHandler implements IQueryHandler<ListRedeemables> {
  constructor(
    private readonly model: ReadModel,
    private readonly clock: Clock,
    private readonly customers: CustomerRows,
  ) {}

  async execute({ ref, query }: ListRedeemables): Promise<RedeemablesPage> {
    const found = await this.customers.find(ref);
    if (!found) throw ContractError.customerNotFound(ref);
    const { limit, order, starting_after_id: after, filters, ...unused } = query;
    assertAllUsed(unused);
    const matches = matcher(filters, FILTERABLE, this.clock.now());
    const all = holdings(await this.model.cards(found.id))
      .map((one) => redeemable(found.id, one))
      .filter(matches);
    const sign = order === 'id' ? 1 : -1;
    const sorted = all.sort((a, b) => (a.id < b.id ? -sign : sign));
    const isPast = (id: string): boolean => after === undefined || (order === 'id' ? id > after : id < after);
    const rest = sorted.filter(({ id }) => isPast(id));
    const data = rest.slice(0, limit);
    const last = data.at(-1);
    const page = { data, total: all.length };
    return rest.length > limit && last
      ? { ...page, has_more: true, more_starting_after: last.id }
      : { ...page, has_more: false };
  }
}

/** The fields of filters. No fact contains the last two, so that they are absent in every card. */
const FIELDS = [
  'id',
  'redeemable_id',
  'redeemable_object',
  'holder_role',
  'campaign_type',
  'voucher_type',
  'created_at',
  'campaign_id',
];
const FILTERABLE: Filterable<Redeemable> = {
  typeOf: (name) => (FIELDS.includes(name) ? typeNamed(name) : undefined),
  reader: (field) => (card) => (card as Readonly<Record<string, unknown>>)[field],
  error: 'invalid_query_params',
};

type Redeemable = ReturnType<typeof redeemable>;

/** The object of contract 2.8, without its date, campaign and code, which facts do not contain. */
function redeemable(customer_id: string, { voucher_id, type, granted, balance, status }: Holding) {
  const worth =
    type === 'GIFT_VOUCHER' ? { gift: { amount: granted, balance } } : { loyalty_card: { points: granted, balance } };
  return {
    id: holderId(customer_id, type, voucher_id),
    redeemable_id: voucher_id,
    redeemable_object: 'voucher',
    customer_id,
    holder_role: 'OWNER',
    ...(type === 'LOYALTY_CARD' && { campaign_type: 'LOYALTY_PROGRAM' }),
    voucher_type: type,
    redeemable: { type: 'voucher', status, voucher: { id: voucher_id, object: 'voucher', type, ...worth } },
  };
}

/** A stable id for a card of a customer. */
const holderId = (...parts: readonly string[]): string =>
  `rh_${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 18)}`;
