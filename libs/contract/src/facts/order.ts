import type { FactOf } from '#customer';
import { IsId, IsInstant, IsMetadata, IsMinorUnits, IsObjects, IsOneOf } from '../decorators.js';
import type { JsonObject } from '../json.js';
import { limits } from '../limits.js';
import { CustomerReference, IsReference } from './references.js';

export const ORDER_STATUSES = ['CREATED', 'PROCESSING', 'PAID', 'FULFILLED', 'CANCELED'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** The properties of an order. */
export abstract class OrderFields implements Omit<FactOf<'order'>, 'id' | 'customer'> {
  @IsId({ nullish: true }) source_id?: string;
  @IsOneOf(ORDER_STATUSES, { nullish: true }) status?: OrderStatus;
  @IsMinorUnits({ optional: true, nullable: true }) amount?: number | null;
  @IsMinorUnits({ nullish: true }) initial_amount?: number;
  @IsMinorUnits({ nullish: true }) discount_amount?: number;
  @IsMinorUnits({ nullish: true }) items_discount_amount?: number;
  @IsMinorUnits({ nullish: true }) total_discount_amount?: number;
  @IsMinorUnits({ nullish: true }) total_amount?: number;
  @IsObjects({ max: limits.order_items_max, nullish: true }) items?: readonly JsonObject[];
  @IsMetadata({ nullish: true }) metadata?: JsonObject;
  @IsId({ nullish: true }) referrer_id?: string;
  @IsInstant({ nullish: true }) created_at?: string;
}

/** The present state of an order. `updated_at`, if given, dates this state. */
export class OrderFact extends OrderFields implements FactOf<'order'> {
  @IsId() id!: string;
  @IsInstant({ nullish: true }) updated_at?: string;
  @IsReference() customer!: CustomerReference;
}
