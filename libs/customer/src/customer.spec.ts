import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  customer,
  type CustomerEvent,
  customerFrom,
  type CustomerState,
  happenedBy,
  headFrom,
  personal,
  touches,
  entityKinds,
} from './customer.js';
import { toDocument } from './document.js';
import { type EntityKey, groupPrefix, type Need, NotLoaded } from './entities.js';
import { everything } from './everything.fixture.js';
import {
  aHistory,
  aHistoryOf,
  anOrderHistory,
  aRetelling,
  decide,
  eventsOf,
  tell,
  type RandomFact,
} from './history.fixture.js';
import { isCounted, orderedAt } from './order.js';
import { sourceIdOf } from './profile.js';
import { holds, RUNS, runs } from './runs.fixture.js';

const render = (state: CustomerState): string => JSON.stringify(toDocument('cust_x', state));
const fold = (events: readonly CustomerEvent[], from = customer.initial) => events.reduce(customer.evolve, from);

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.values(Object.freeze(value)).forEach(freeze);
  }
  return value;
}

const retold = (histories: fc.Arbitrary<RandomFact[]>) =>
  histories.chain((history) => fc.tuple(fc.constant(history), aRetelling(history)));

/** Groups of facts that change the same figures. */
const KINDS: readonly (readonly [name: string, histories: fc.Arbitrary<RandomFact[]>])[] = [
  ['profiles', aHistoryOf('profile', 'mention')],
  ['orders', anOrderHistory],
  ['consents', aHistoryOf('consents')],
  ['redemptions', aHistoryOf('redemption', 'rollback', 'points', 'spending', 'gift_credits')],
  ['cards', aHistoryOf('points', 'spending', 'pending_points', 'card_availability')],
  ['tiers and referrals', aHistoryOf('tier', 'referral', 'credit', 'profile')],
];

describe('facts in any order, any number of times, under any id', () => {
  test('of all kinds give the same documents, holdings and dates', () => {
    const property = fc.property(retold(aHistory), ([history, again]) => {
      expect(everything(tell(again))).toBe(everything(tell(history)));
    });
    holds('facts of all kinds in any order', property, RUNS.fold);
  });

  test.each(KINDS)('of %s give the same', (name, histories) => {
    const property = fc.property(retold(histories), ([history, again]) => {
      expect(everything(tell(again))).toBe(everything(tell(history)));
    });
    holds(`${name} in any order`, property, runs(500, 1_000));
  });

  test('sent once more, also under another id, leave no event', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        const state = tell(history);
        for (const told of history)
          for (const one of [told, { ...told, id: 'another' }])
            expect(decide(state, one)).toEqual({ events: [], state });
      }),
      { numRuns: 300 },
    );
  });

  test('leave one event for each distinct fact, also when it changes nothing', () => {
    const property = fc.property(aHistory, (history) => {
      const facts = history.filter(({ rule }) => rule !== 'mention' && rule !== 'credit');
      const distinct = new Set(facts.map((told) => JSON.stringify(told)));
      const digests = eventsOf(history).flatMap(({ data, origin }) =>
        origin === undefined || ('implicit' in data && data.implicit === true) ? [] : [origin.digest],
      );
      expect(digests).toHaveLength(distinct.size);
      expect(new Set(digests).size).toBe(distinct.size);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe('the state by business time', () => {
  test('follows from the facts dated until then, whenever they arrived', () => {
    const moments = fc.constantFrom(
      ...Array.from({ length: 6 }, (_, n) => `2024-05-0${n + 1}T12:00:00.000000000Z`),
      '2024-05-03T10:00:00.000000000Z',
      '2024-05-03T10:00:00.000500000Z',
    );
    // a credit follows from another customer's referrals now, not from facts about this one
    const told = aHistory.map((history) => history.filter(({ rule }) => rule !== 'credit'));
    const property = fc.property(told, moments, (history, moment) => {
      const events = eventsOf(history);
      const happened = happenedBy(moment, sourceIdOf(fold(events).head.profile));
      const state = events.filter((event) => happened.includes(event)).reduce(customer.evolve, happened.initial);
      const until = tell(history.filter(({ at }) => at <= moment));
      expect(state.status).toBe(until.status);
      if (until.status === 'active') expect(everything(state)).toBe(everything(until));
    });
    holds('the state by business time', property, runs(3_000));
  });

  test('T11: an update that only names the customer counts for updated_at, before or after an earlier fact', () => {
    const update: RandomFact = {
      rule: 'profile',
      input: { source_id: 'A', created: false },
      at: '2024-05-03T00:00:00.000000000Z',
    };
    const redemption: RandomFact = {
      rule: 'redemption',
      input: { id: 'r', result: 'SUCCESS', customer: { source_id: 'A' } },
      at: '2024-05-01T00:00:00.000000000Z',
    };
    const [one, other] = [tell([update, redemption]), tell([redemption, update])];
    expect(render(one)).toBe(render(other));
    expect(toDocument('cust_x', one)).toMatchObject({
      created_at: '2024-05-01T00:00:00.000Z',
      updated_at: '2024-05-03T00:00:00.000Z',
    });
  });
});

describe('the fold', () => {
  test('never changes its arguments', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        let state = freeze(customer.initial);
        for (const event of eventsOf(history)) state = freeze(customer.evolve(state, freeze(event)));
      }),
      { numRuns: 100 },
    );
  });

  test('gives the state that each decision returns', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        expect(everything(fold(eventsOf(history)))).toBe(everything(tell(history)));
      }),
      { numRuns: 300 },
    );
  });

  test('continues from a head stored as plain JSON', () => {
    fc.assert(
      fc.property(aHistory, aHistory, (history, more) => {
        const events = eventsOf([...history, ...more]);
        const [first, rest] = [events.slice(0, events.length / 2), events.slice(events.length / 2)];
        const state = fold(first);
        const stored = JSON.stringify(state.head);
        const revived = { ...state, head: headFrom(JSON.parse(stored) as CustomerState['head']) };
        expect(JSON.stringify(revived.head)).toBe(stored);
        const [whole, parts] = [fold(rest, state), fold(rest, revived)];
        expect(everything(parts)).toBe(everything(whole));
        expect(JSON.stringify(parts.head)).toBe(JSON.stringify(whole.head));
      }),
      { numRuns: 300 },
    );
  });

  test('takes events whose personal fields are gone, and the numbers stay', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        const events = eventsOf(history);
        const bare = events.map((event) => ({ ...event, data: without(event.data, personal[event.type]) }));
        const [full, forgotten] = [events, bare as CustomerEvent[]].map((all) => toDocument('cust_x', fold(all)));
        expect(forgotten?.['summary']).toEqual(full?.['summary']);
        expect(forgotten?.['loyalty']).toMatchObject({ points: (full?.['loyalty'] as { points: number }).points });
      }),
      { numRuns: 100 },
    );
  });

  test('throws at an unknown type', () => {
    const unknown = { type: '__proto__', occurred_at: '', data: {} } as never;
    expect(() => customer.evolve(customer.initial, unknown)).toThrow(TypeError);
    expect(() => touches(unknown)).toThrow(TypeError);
  });
});

describe('a state with only the entities that the next events touch, and those that it then asks for', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 40, maxLength: 40 });

  test.each([['all kinds', aHistory] as const, ...KINDS])(
    'folds events of %s alike, however they are split',
    (_, all) => {
      fc.assert(
        fc.property(all, sizes, (history, parts) => {
          const events = eventsOf(history);
          let stored = customer.initial;
          for (let from = 0, part = 0; from < events.length; part++) {
            const batch = events.slice(from, from + (parts[part] ?? 1));
            stored = projected(stored, batch);
            from += batch.length;
          }
          const whole = fold(events);
          expect(JSON.stringify(stored.head)).toBe(JSON.stringify(whole.head));
          expect(everything(stored)).toBe(everything(whole));
        }),
        { numRuns: runs(300, 3_000) },
      );
    },
  );
});

/** Works like a projector: loads the touched entities and those that the fold asks for, folds, writes back. */
function projected(stored: CustomerState, events: readonly CustomerEvent[]): CustomerState {
  const head = headFrom(JSON.parse(JSON.stringify(stored.head)) as CustomerState['head']);
  const needs: Need[] = events.flatMap(touches);
  for (;;) {
    const loaded = new Map(needs.flatMap((need) => load(stored, need)).map((one) => [`${one.kind}/${one.id}`, one]));
    try {
      const after = fold(events, customerFrom(stored.status, head, loaded.values(), needs));
      let { entities } = stored;
      for (const kind of entityKinds) {
        for (const [id, entity] of after.entities.ofKind(kind)) entities = entities.set(kind, id, entity);
      }
      return { ...after, entities };
    } catch (error) {
      if (!(error instanceof NotLoaded) || needs.includes(error.need)) throw error;
      needs.push(error.need);
    }
    expect(needs.length).toBeLessThan(200);
  }
}

/** Loads an entity, a group of them, or the latest counted orders. */
function load({ entities }: CustomerState, need: Need): (EntityKey & { readonly entity: unknown })[] {
  if (need === 'last_order') {
    const counted = [...entities.ofKind('order')].filter(([, order]) => isCounted(order));
    return counted
      .sort(([a, x], [b, y]) => (orderedAt(y) + b > orderedAt(x) + a ? 1 : -1))
      .slice(0, 10)
      .map(([id, entity]) => ({ kind: 'order', id, entity }));
  }
  const { kind } = need;
  if ('id' in need) {
    const entity: unknown = entities.get(kind, need.id);
    return entity === undefined ? [] : [{ kind, id: need.id, entity }];
  }
  return [...entities.ofKind(kind)]
    .filter(([id]) => id.startsWith(groupPrefix(need.first)))
    .map(([id, entity]) => ({ kind, id, entity }));
}

const without = (data: object, fields: readonly string[] = []): object =>
  Object.fromEntries(Object.entries(data).filter(([field]) => !fields.includes(field)));
