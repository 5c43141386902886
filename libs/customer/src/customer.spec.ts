import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  customer,
  type CustomerEvent,
  customerFrom,
  type CustomerState,
  happenedBy,
  personal,
  touches,
} from './customer.js';
import { toDocument } from './document.js';
import { entityKinds } from './entities.js';
import { aHistory, anOrderHistory, aRetelling, decide, eventsOf, tell } from './history.fixture.js';
import { isCounted, orderedAt } from './order.js';

const render = (state: CustomerState): string => JSON.stringify(toDocument('cust_x', state));
const fold = (events: readonly CustomerEvent[], from = customer.initial) => events.reduce(customer.evolve, from);

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.values(Object.freeze(value)).forEach(freeze);
  }
  return value;
}

describe('facts in any order, any number of times', () => {
  test('give the same document, byte for byte', () => {
    const retold = aHistory.chain((history) => fc.tuple(fc.constant(history), aRetelling(history)));
    fc.assert(
      fc.property(retold, ([history, again]) => {
        expect(render(tell(again))).toBe(render(tell(history)));
      }),
      { numRuns: 2_000 },
    );
  });

  test('told once more they leave no event', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        const state = tell(history);
        for (const told of history) expect(decide(state, told)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what had happened by a time', () => {
  test('is what the facts until then say, whenever they were told', () => {
    const moments = fc.constantFrom(...Array.from({ length: 7 }, (_, n) => `2024-05-0${n + 1}T12:00:00.000Z`));
    fc.assert(
      fc.property(aHistory, moments, (history, moment) => {
        const until = history.filter(({ at }) => at <= moment);
        const events = eventsOf(history);
        const happened = happenedBy(moment, fold(events).head.profile.source_id);
        const state = events.filter((event) => happened.includes(event)).reduce(customer.evolve, happened.initial);
        const told = tell(until);
        expect(state.status).toBe(told.status);
        if (told.status === 'active') expect(render(state)).toBe(render(told));
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('the fold', () => {
  test('never changes what it is given', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        let state = freeze(customer.initial);
        for (const event of eventsOf(history)) state = freeze(customer.evolve(state, freeze(event)));
      }),
      { numRuns: 100 },
    );
  });

  test('keeps its head as plain JSON', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        const { head } = tell(history);
        expect(JSON.parse(JSON.stringify(head))).toEqual(head);
      }),
      { numRuns: 100 },
    );
  });

  test('takes events whose personal fields are gone, and the numbers stay', () => {
    fc.assert(
      fc.property(aHistory, (history) => {
        const events = eventsOf(history);
        const bare = events.map((event) => ({ ...event, data: without(event.data, personal[event.type]) }));
        const [full, forgotten] = [events, bare as CustomerEvent[]].map((all) => toDocument('cust_x', fold(all)));
        expect(forgotten?.['summary']).toEqual(full?.['summary']);
        expect(forgotten?.['loyalty']).toEqual(full?.['loyalty']);
      }),
      { numRuns: 100 },
    );
  });

  test('stops at a type that nobody knows', () => {
    const unknown = { type: '__proto__', occurred_at: '', data: {} } as never;
    expect(() => customer.evolve(customer.initial, unknown)).toThrow(TypeError);
    expect(() => touches(unknown)).toThrow(TypeError);
  });
});

describe('a state with only the entities that the next events touch', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 40, maxLength: 40 });

  test.each([
    ['of all kinds', aHistory],
    ['of orders', anOrderHistory],
  ])('folds events %s to the same head, however they are split', (_, histories) => {
    fc.assert(
      fc.property(histories, sizes, (history, parts) => {
        const events = eventsOf(history);
        let stored = customer.initial;
        for (let from = 0, part = 0; from < events.length; part++) {
          const batch = events.slice(from, from + (parts[part] ?? 1));
          stored = projected(stored, batch);
          from += batch.length;
        }
        expect(JSON.stringify(stored.head)).toBe(JSON.stringify(fold(events).head));
      }),
      { numRuns: 1_000 },
    );
  });
});

/** What a projector does: loads what the events touch and the runner-up, folds, writes it back. */
function projected(stored: CustomerState, events: readonly CustomerEvent[]): CustomerState {
  const keys = new Map(events.flatMap(touches).map((key) => [`${key.kind}/${key.id}`, key]));
  const loaded = [...keys.values()].flatMap(({ kind, id }) => {
    const entity: unknown = stored.entities.get(kind, id);
    return entity === undefined ? [] : [{ kind, id, entity }];
  });
  const others = [...stored.entities.ofKind('order')].filter(
    ([id, order]) => !keys.has(`order/${id}`) && isCounted(order),
  );
  const [best] = others.sort(([a, x], [b, y]) => (orderedAt(y) + b > orderedAt(x) + a ? 1 : -1));
  if (best) loaded.push({ kind: 'order', id: best[0], entity: best[1] });
  const after = fold(events, customerFrom(stored.status, stored.head, loaded));
  let { entities } = stored;
  for (const kind of entityKinds) {
    for (const [id, entity] of after.entities.ofKind(kind)) entities = entities.set(kind, id, entity);
  }
  return { ...after, entities };
}

const without = (data: object, fields: readonly string[] = []): object =>
  Object.fromEntries(Object.entries(data).filter(([field]) => !fields.includes(field)));
