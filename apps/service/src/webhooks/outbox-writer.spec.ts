import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Webhook } from '#operations';
import type { CustomerActivity } from '../feed/feed.js';
import { toDeliver } from './outbox-writer.js';

const TYPES = ['customer.created', 'customer.updated', 'customer.order.paid'];
const webhooks = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom('wh_1', 'wh_2', 'wh_3'),
    since: fc.bigInt(0n, 12n),
    events: fc.subarray(TYPES, { minLength: 1 }),
  }),
  { selector: ({ id }) => id },
);
const activities = fc
  .array(fc.record({ position: fc.bigInt(1n, 12n), type: fc.constantFrom(...TYPES), is_filler: fc.boolean() }), {
    maxLength: 20,
  })
  .map((all) =>
    all
      .sort((one, other) => Number(one.position - other.position))
      .map((one, n) => ({ ...one, id: `evcus_${n}`, customer_id: 'cust_1', revision: Number(one.position) })),
  );

test('each webhook gets its event types from its start on, in order, without fillers', () => {
  fc.assert(
    fc.property(webhooks, activities, (hooks, all) => {
      const items = toDeliver(all as unknown as CustomerActivity[], hooks as unknown as Webhook[]);
      for (const { id, since, events } of hooks) {
        const own = items.filter(({ webhook_id }) => webhook_id === id);
        const wanted = all.filter(
          ({ position, type, is_filler }) => position > since && events.includes(type) && !is_filler,
        );
        expect(own.map(({ news_id }) => news_id)).toEqual(wanted.map((one) => one.id));
        const places = own.map(({ position, part }) => Number(position) * 100 + part);
        expect(places).toEqual([...places].sort((one, other) => one - other));
        expect(new Set(places).size).toBe(places.length);
      }
    }),
  );
});
