import { type Instant, shown } from './instant.js';
import { inOrder } from './keyed.js';
import { isRolledBack, redeemedAt, type RedemptionEntity, rolledBackAt } from './redemption.js';

/** The contract's redemption object, as far as facts give its fields. */
export interface RedemptionDocument {
  readonly id: string;
  readonly date: string;
  readonly [field: string]: unknown;
}

/**
 * Renders a redemption; undefined while only rollbacks or spendings of it are known. `customer` is the contract's
 * simple customer, `order` the object of the redemption's order, where that is known.
 */
export function redemptionDocument(
  customer: { readonly id: string },
  id: string,
  entity: RedemptionEntity,
  order: object | undefined,
): RedemptionDocument | undefined {
  const date = redeemedAt(entity);
  if (!entity.redemption || date === undefined) return undefined;
  const { redemption = null, metadata = {}, order: named, voucher, date: _, ...said } = entity.redemption.values;
  return {
    id,
    object: 'redemption',
    date: shown(date),
    customer_id: customer.id,
    ...said,
    redemption,
    metadata,
    status: statusOf(entity),
    ...(named && { order: order ?? { id: named.id, object: 'order' } }),
    customer,
    ...redeemed(id, voucher),
    rollbacks: rollbacks(customer.id, id, entity),
  };
}

/** The parent of stacked redemptions has no voucher of its own. */
const redeemed = (id: string, voucher: { readonly id: string } | undefined): object =>
  voucher
    ? { related_object_type: 'voucher', related_object_id: voucher.id, voucher: { ...voucher, object: 'voucher' } }
    : { related_object_type: 'redemption', related_object_id: id, voucher: null };

function statusOf(entity: RedemptionEntity): 'SUCCEEDED' | 'FAILED' | 'ROLLED_BACK' {
  if (entity.redemption?.values.result !== 'SUCCESS') return 'FAILED';
  return isRolledBack(entity) ? 'ROLLED_BACK' : 'SUCCEEDED';
}

/** Every rollback, by id. */
const rollbacks = (customer_id: string, redemption: string, entity: RedemptionEntity): object[] =>
  inOrder(entity.rollbacks).map(([id, rollback]) => ({
    id,
    object: 'redemption_rollback',
    ...rollback.values,
    date: shownOrAbsent(rolledBackAt(rollback)),
    customer_id,
    redemption,
  }));

const shownOrAbsent = (at: Instant | undefined): string | undefined => at && shown(at);
