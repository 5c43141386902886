import { type CustomerState, type Instant, shown } from '#customer';
import { canonical } from '#encoding';
import type { ActivityKey, Change, DataOf, Described } from './activity.js';
import { inCampaignOf } from './campaign.js';

type Redeemed = Pick<DataOf<'RedemptionRecorded'>, 'order' | 'voucher'>;

/** The data that the activities of a redemption and of its rollbacks have in common. */
function redeemed({ order, voucher }: Redeemed, payload: object): Omit<Described, 'type'> {
  const { campaign_id: id, campaign: name } = voucher ?? {};
  const campaign = id === undefined && name === undefined ? undefined : { id, name };
  return { payload: { order, campaign, voucher, ...payload }, ...inCampaignOf(campaign, voucher) };
}

export function describeRedemption({ data }: Change<'RedemptionRecorded'>): Described[] {
  const type = data.result === 'SUCCESS' ? 'customer.redemption.succeeded' : 'customer.redemption.failed';
  return [{ type, ...redeemed(data, { redemption: { ...dated(data), object: 'redemption' } }) }];
}

/** A rollback shows order and voucher of its redemption, as far as they are known. */
export function describeRollback({ data, known }: Change<'RedemptionRolledBack'>): Described[] {
  const { redemption } = known.after.entities.get('redemption', data.redemption) ?? {};
  const outcome = data.result === 'SUCCESS' ? ('succeeded' as const) : ('failed' as const);
  const payload = {
    redemption: { id: data.redemption, object: 'redemption' },
    redemption_rollback: { ...dated(data), object: 'redemption_rollback' },
  };
  return [{ type: `customer.redemption.rollback.${outcome}`, ...redeemed(redemption?.values ?? {}, payload) }];
}

const dated = <Data extends { readonly date?: Instant }>(data: Data): Data =>
  data.date === undefined ? data : { ...data, date: shown(data.date) };

export const rollbacksOf = (redemption: string): string => `rollbacks:${redemption}`;

/** A redemption changes the activities of its rollbacks when they show something else now. */
export function rollbacksChanged({ data, known: { before, after } }: Change<'RedemptionRecorded'>): ActivityKey[] {
  return shownOf(before, data.id) === shownOf(after, data.id) ? [] : [{ object: rollbacksOf(data.id) }];
}

function shownOf({ entities }: CustomerState, id: string): string {
  const { order, voucher } = entities.get('redemption', id)?.redemption?.values ?? {};
  return canonical([order, voucher]);
}
