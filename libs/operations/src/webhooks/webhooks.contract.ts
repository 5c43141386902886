import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { UnknownCursor } from '#database';
import type { Operations } from '../operations.js';
import type { ItemLease } from '../queue.js';
import type { Result, ToDeliver } from './deliveries.js';

const NOW = '2026-03-01T10:00:00.000Z';
const LATER = '2026-03-01T11:00:00.000Z';
const made = { target_url: 'https://x.org/', events: ['customer.created'], secret: 's', since: 7n, created_at: NOW };

export function webhooksContract(open: () => Promise<Operations>): void {
  let operations: Operations;
  /** The webhook of most tests, under a lease. */
  let w: string;
  let lease: ItemLease;
  beforeEach(async () => {
    operations = await open();
    ({ id: w } = await operations.webhooks.add(made));
    lease = { id: w, owner: 'a', token: 1 };
    await operations.db.updateTable('webhooks').set(lease).execute();
  });
  afterEach(() => operations.close());

  const item = (webhook_id: string, n: number, part = 0): ToDeliver => ({
    id: `whs_${webhook_id}_${n}_${part}`,
    ...{ webhook_id, news_id: `evcus_${n}_${part}`, type: 'customer.created' },
    ...{ customer_id: `cust_${n % 3}`, revision: n, position: BigInt(n) * 7_000_000_000n, part },
  });
  const add = (items: readonly ToDeliver[], now = NOW) =>
    operations.db.transaction().execute((tx) => operations.deliveries.add(tx, items, now));
  const ids = (all: readonly { id: string }[]): string[] => all.map(({ id }) => id);
  const note = (one: { id: string; attempts: number }, noted: Result): Promise<boolean> =>
    operations.deliveries.note(one, lease, noted);
  const untried = (id = '') => ({ id, attempts: 0 });
  const result = (state: 'delivered' | 'failed', due_at = NOW) =>
    ({ state, attempts: 1, due_at, first_at: NOW, last_at: NOW, status: 200, error: null, duration_ms: 3 }) as const;

  test('a webhook keeps its fields, changes in parts, and takes its deliveries with it when removed', async () => {
    const hook = await operations.webhooks.add(made);
    expect(hook).toMatchObject({ ...made, active: true, disabled_reason: null });
    expect(await operations.webhooks.find(hook.id)).toEqual(hook);
    const off = await operations.webhooks.change(hook.id, { off: { reason: 'retries_exhausted' } }, LATER);
    expect(off).toEqual({
      ...hook,
      active: false,
      disabled_reason: 'retries_exhausted',
      disabled_at: LATER,
      updated_at: LATER,
    });
    const on = await operations.webhooks.change(hook.id, { on: { since: 9n }, events: ['a', 'b'] }, LATER);
    expect(on).toEqual({ ...hook, events: ['a', 'b'], since: 9n, updated_at: LATER });
    await add([item(hook.id, 1)]);
    expect(await operations.webhooks.remove(hook.id)).toBe(true);
    expect([ids(await operations.webhooks.list()), await operations.webhooks.remove(hook.id)]).toEqual([[w], false]);
    expect(await operations.deliveries.due(hook.id, LATER, 10)).toEqual([]);
    expect(await operations.webhooks.change('none', { secret: 'x' }, NOW)).toBeUndefined();
  });

  test('deliveries that are added repeatedly and in any order are due once, in the order of the history', async () => {
    const all = Array.from({ length: 12 }, (_, n) => [item(w, n), item(w, n, 1)]).flat();
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(all, { minLength: 1 }), fc.nat(3), async (some, again) => {
        const hook = `w${++round}`;
        const items = some.map((one) => ({ ...one, id: hook + one.id, webhook_id: hook }));
        await add(items);
        await add(items.slice(again));
        const sorted = [...items].sort((a, b) => Number(a.position - b.position) || a.part - b.part);
        expect(ids(await operations.deliveries.due(hook, NOW, 100))).toEqual(ids(sorted));
        const first = await operations.deliveries.list(hook, { limit: 5 });
        const rest = await operations.deliveries.list(hook, {
          limit: 100,
          starting_after: first.deliveries.at(-1)?.id,
        });
        expect([...ids(first.deliveries), ...ids(rest.deliveries)]).toEqual(ids(sorted).reverse());
        expect(first.has_more).toBe(items.length > 5);
      }),
      { numRuns: 20 },
    );
  });

  test('only waiting deliveries are due at their time; finished ones return when they are resent', async () => {
    await add([1, 2, 3].map((n) => item(w, n)));
    const [one, two, three] = await operations.deliveries.due(w, NOW, 10);
    await note(untried(one?.id), result('delivered'));
    await note(untried(two?.id), result('failed'));
    await note(untried(three?.id), { ...result('failed', LATER), state: 'waiting' });
    expect(await operations.deliveries.due(w, NOW, 10)).toEqual([]);
    expect(ids(await operations.deliveries.due(w, LATER, 10))).toEqual([three?.id]);
    expect(await operations.deliveries.resendFailed(w, LATER, LATER)).toBe(0);
    expect(await operations.deliveries.resendFailed(w, NOW, LATER)).toBe(1);
    expect(await operations.deliveries.resend(w, one?.id ?? '', LATER)).toMatchObject({
      state: 'waiting',
      attempts: 0,
    });
    expect(await operations.deliveries.resend('other', one?.id ?? '', LATER)).toBeUndefined();
    expect(ids(await operations.deliveries.due(w, LATER, 10))).toEqual(
      ids([one, two, three].map((x) => x ?? { id: '' })),
    );
  });

  test('an attempt that ends after a resend does not count', async () => {
    await add([item(w, 1)]);
    const { id } = item(w, 1);
    expect(await note({ id, attempts: 0 }, { ...result('failed'), state: 'waiting', attempts: 12 })).toBe(true);
    await operations.deliveries.resend(w, id, LATER);
    expect(await note({ id, attempts: 12 }, { ...result('failed'), attempts: 13 })).toBe(false);
    expect(await operations.deliveries.due(w, LATER, 10)).toMatchObject([{ id, attempts: 0 }]);
  });

  test('a cursor of another webhook is refused', async () => {
    await add([item(w, 1), item('v', 2)]);
    for (const starting_after of ['whs_none', item('v', 2).id])
      await expect(operations.deliveries.list(w, { limit: 10, starting_after })).rejects.toThrow(UnknownCursor);
  });

  test('the waiting deliveries of a customer are discarded, and a late result does not bring them back', async () => {
    await add([1, 2, 4, 7].map((n) => item(w, n)));
    await operations.db.transaction().execute((tx) => operations.deliveries.discard(tx, 'cust_1', item(w, 7).position));
    await note(untried(item(w, 1).id), { ...result('failed'), state: 'waiting' });
    expect(ids(await operations.deliveries.due(w, NOW, 10))).toEqual([item(w, 2).id, item(w, 7).id]);
    const gone = await operations.deliveries.list(w, { limit: 10, state: 'discarded' });
    expect(gone.deliveries.map(({ error }) => error)).toEqual(['customer_erased', 'customer_erased']);
  });

  test('the log is bounded by age and number; waiting deliveries stay', async () => {
    await add([1, 2].map((n) => item(w, n)));
    await add(
      [3, 4, 5, 6].map((n) => item(w, n)),
      LATER,
    );
    for (const n of [2, 3, 4, 5, 6]) await note(untried(item(w, n).id), result('delivered'));
    await operations.deliveries.trim(w, LATER, 2);
    const kept = await operations.deliveries.list(w, { limit: 10 });
    expect(ids(kept.deliveries)).toEqual([6, 5, 1].map((n) => item(w, n).id));
    expect(await operations.deliveries.waitMoreThan(w, 0)).toBe(true);
    expect(await operations.deliveries.waitMoreThan(w, 1)).toBe(false);
    await operations.db.deleteFrom('webhooks').execute();
    await operations.deliveries.sweep();
    expect((await operations.deliveries.list(w, { limit: 10 })).deliveries).toEqual([]);
  });
}
