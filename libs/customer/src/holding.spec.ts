import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { toDocument } from './document.js';
import { aHistory, tell } from './history.fixture.js';
import { type Holding, holdings } from './holding.js';

import type { Shown } from './scenario.fixture.js';
import { total } from './sum.js';

const sum = (all: readonly Holding[], type: Holding['type']): number =>
  total(all.filter((one) => one.type === type).map(({ balance }) => balance));

test('after any history the balances add up to the amounts to go of the summary', () =>
  fc.assert(
    fc.property(aHistory, (history) => {
      const state = tell(history);
      const { entities } = state;
      const all = holdings({
        gift_cards: entities.ofKind('gift_card'),
        loyalty_cards: entities.ofKind('loyalty_card'),
      });
      const { gift, loyalty_card } = (toDocument('cust_x', state) as Shown).summary.redemptions;
      const isEnabled = ({ type, status }: Holding): boolean => type === 'GIFT_VOUCHER' || status !== 'DISABLED';
      expect(sum(all, 'GIFT_VOUCHER')).toBe(gift['amount_to_go']);
      expect(sum(all.filter(isEnabled), 'LOYALTY_CARD')).toBe(loyalty_card['points_to_go']);
      for (const { balance, granted, status } of all) {
        expect(balance).toBeLessThanOrEqual(granted);
        if (status !== 'DISABLED') expect(status).toBe(balance === 0 ? 'NO_BALANCE' : 'ACTIVE');
      }
      const ids = all.map(({ voucher_id, type }) => `${voucher_id} ${type}`);
      expect(new Set(ids).size).toBe(ids.length);
    }),
    { numRuns: 300 },
  ));
