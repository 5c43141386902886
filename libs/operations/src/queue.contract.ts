import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { JobLost } from './jobs/jobs.js';
import type { Operations } from './operations.js';
import type { ItemLease, Queue } from './queue.js';

const AT = '2026-03-01T10:00:00.000Z';
const ITEMS = 6;
const STEP = { rows: 1, failed: 0, output: '', progress: {}, state: 'done' as const };
const DELIVERED = {
  ...{ state: 'delivered' as const, attempts: 1, due_at: AT, first_at: AT, last_at: AT },
  ...{ status: 200, error: null, duration_ms: 3 },
};

/** The contract of a queue on every database, with jobs as items and with webhooks as items. */
export function queueContract(open: () => Promise<Operations>): void {
  let operations: Operations;
  beforeEach(async () => {
    operations = await open();
  });
  afterEach(() => operations.close());

  const kinds = {
    jobs: {
      add: addJob,
      queue: (instance: string, lease_ms: number) => operations.jobs.queue({ instance, lease_ms }),
      complete: completeJob,
    },
    webhooks: {
      add: addWebhook,
      queue: (instance: string, lease_ms: number) => operations.deliveries.queue({ instance, lease_ms }, () => AT),
      complete: completeDelivery,
    },
  };

  describe.each(Object.keys(kinds) as (keyof typeof kinds)[])('with %s', (name) => {
    const kind = kinds[name];
    const queue = (instance: string, lease_ms = 60_000): Queue => kind.queue(instance, lease_ms);
    let ids: string[];
    beforeEach(async () => {
      ids = [];
      for (let n = 0; n < ITEMS; n++) ids.push(await kind.add(operations, n));
    });

    test('workers that claim at the same time never hold the same item, and together hold all', async () => {
      const workers = ['a', 'b', 'c', 'd'].map((instance) => queue(instance));
      const held = workers.map((): string[] => []);
      while (held.flat().length < ITEMS)
        await Promise.all(
          workers.map(async (one, n) => held[n]!.push(...(await one.claim(2, held[n])).map(({ id }) => id))),
        );
      expect(held.flat().sort()).toEqual([...ids].sort());
      expect(await Promise.all(workers.map((one, n) => one.claim(2, held[n])))).toEqual([[], [], [], []]);
    });

    test('a worker does not claim what it holds, and takes it back at once under its old name', async () => {
      const first = await queue('a').claim(4);
      const second = await queue('a').claim(
        ITEMS,
        first.map(({ id }) => id),
      );
      expect([first.length, second.length]).toEqual([4, 2]);
      const again = await queue('a').claim(ITEMS);
      expect(again.map(({ token }) => token)).toEqual(ids.map(() => 2));
      await expect(kind.complete(operations, first[0]!)).resolves.toBe(false);
    });

    test('the item of a worker that died goes to another one, and the first one cannot complete it', async () => {
      const [dead] = await queue('dead', -1).claim(1);
      const all = await queue('b').claim(ITEMS);
      expect(all).toHaveLength(ITEMS);
      expect(await queue('dead').renew([dead!])).toEqual([]);
      await queue('dead').release(dead!);
      expect(await queue('c').claim(ITEMS)).toEqual([]);
      expect(await kind.complete(operations, dead!)).toBe(false);
      expect(
        await kind.complete(
          operations,
          all.find(({ id }) => id === dead!.id)!,
        ),
      ).toBe(true);
    });

    test('a renewal keeps an item that would have expired', async () => {
      const [lease] = await queue('a', -1).claim(1);
      expect(await queue('a').renew([lease!])).toEqual([lease!.id]);
      expect((await queue('b').claim(ITEMS)).map(({ id }) => id)).not.toContain(lease!.id);
      expect(await kind.complete(operations, lease!)).toBe(true);
    });

    test('a released item is claimed at once, a completed one never', async () => {
      const [one, two] = await queue('a').claim(2);
      await queue('a').release(one!);
      await kind.complete(operations, two!);
      await queue('a').release(two!);
      const next = (await queue('b').claim(ITEMS)).map(({ id }) => id);
      expect(next.sort()).toEqual(ids.filter((id) => id !== two!.id).sort());
    });
  });
}

async function addJob({ jobs }: Operations, n: number): Promise<string> {
  const id = `j${n}`;
  const row = { kind: 'action', type: 'T', app_id: 'app', request_id: 'v-1', created_at: AT, parameters: {} } as const;
  await jobs.receive({ ...row, id, expires_at: '2999-01-01T00:00:00.000Z' });
  await jobs.open(id, 1, {});
  return id;
}

async function completeJob({ jobs }: Operations, lease: ItemLease): Promise<boolean> {
  const job = await jobs.unfinished(lease.id);
  return jobs.note(job!, lease, STEP).then(
    () => true,
    (error: unknown) => {
      if (error instanceof JobLost) return false;
      throw error;
    },
  );
}

async function addWebhook({ webhooks, deliveries, db }: Operations): Promise<string> {
  const made = { target_url: 'https://x.org/', events: ['customer.created'], secret: 's', since: 0n, created_at: AT };
  const { id } = await webhooks.add(made);
  const one = { id: `whs_${id}`, webhook_id: id, news_id: 'evcus_1', type: 'customer.created', customer_id: 'cust_1' };
  await db.transaction().execute((tx) => deliveries.add(tx, [{ ...one, revision: 1, position: 1n, part: 0 }], AT));
  return id;
}

const completeDelivery = ({ deliveries }: Operations, lease: ItemLease): Promise<boolean> =>
  deliveries.note({ id: `whs_${lease.id}`, attempts: 0 }, lease, DELIVERED);
