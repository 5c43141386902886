import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { fact } from '../support/facts.js';
import { random } from '../support/random.js';
import { KEYS, Service } from '../support/service.js';
import { eventually } from '../support/wait.js';

const ROUNDS = 8;
const CUSTOMERS = 30;
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const AMOUNTS = [0, 100, 1_000, 10_000];

/** Spent at least so much, or seen so many seconds (and a day) ago: the former flips by facts, the latter by the clock. */
const filters = [
  ...AMOUNTS.map((amount) => ({ 'summary.orders.total_amount': { conditions: { $more_than: amount } } })),
  { 'metadata.seen_at': { conditions: { $more_than_ago: 1 } } },
];

interface Past {
  readonly type: string;
  readonly data: { readonly segment: { readonly name: string } };
}

test(`kill -9 at ${ROUNDS} random moments: customers enter and leave by turns, and end up where they belong (SEED=${SEED})`, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ledger-segments-'));
  const next = random(SEED);
  const die = (sides: number): number => Math.floor(next() * sides);
  let service = await Service.start({ directory });
  for (const [n, filter] of filters.entries())
    await service.call('POST', '/v1/segments', { body: { name: `${n}`, filter: { junction: 'and', ...filter } } });
  const totals = new Map<string, number>();
  let orders = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (let n = 0; n < 10; n++) {
      const source_id = `c${die(CUSTOMERS)}`;
      // the clock reaches some of them while no instance runs
      const seen_at = new Date(Date.now() - 86_400_000 + die(4_000)).toISOString();
      await service.call('POST', '/v1/customers', { body: { source_id, metadata: { seen_at } } });
      const amount = die(6_000);
      const order = { id: `o${orders++}`, amount, status: 'PAID', customer: { source_id } };
      await service.facts([fact('order.paid', '2026-01-01T00:00:00Z', order)], KEYS.admin);
      totals.set(source_id, (totals.get(source_id) ?? 0) + amount);
    }
    await sleep(next() * 300);
    await service.kill();
    service = await Service.start({ directory });
  }
  await sleep(4_500);

  for (const [source_id, total] of totals) {
    const expected = [...AMOUNTS.flatMap((amount, n) => (total > amount ? [`${n}`] : [])), `${AMOUNTS.length}`];
    await eventually(async () => {
      const { body } = await service.call('GET', `/v1/customers/${source_id}/history?limit=1000`, { key: KEYS.audit });
      const inside = new Set<string>();
      for (const { type, data } of body.events as Past[]) {
        if (type !== 'SegmentEntered' && type !== 'SegmentLeft') continue;
        // by turns: no customer enters twice, or leaves without having been there
        expect([source_id, data.segment.name, inside.has(data.segment.name)]).toEqual([
          source_id,
          data.segment.name,
          type === 'SegmentLeft',
        ]);
        if (type === 'SegmentEntered') inside.add(data.segment.name);
        else inside.delete(data.segment.name);
      }
      expect([source_id, ...[...inside].sort()]).toEqual([source_id, ...expected]);
    });
  }
  await service.stop();
  await rm(directory, { recursive: true, force: true });
});
