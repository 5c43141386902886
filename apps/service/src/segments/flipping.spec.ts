import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  customer,
  type CustomerEvent,
  type CustomerState,
  customerStream,
  recordProfile,
  type Rejection,
} from '#customer';
import { Aggregates, Catalog, Decoder, Keyring, MemoryEventStore, MemoryKeyStore } from '#event-store';
import { Projector, ReadModel } from '#read-model';
import { customerCodec } from '../codec.js';
import { Flipping } from './flipping.js';
import { SegmentJudge } from './judge.js';
import { type SegmentDefinition, SEGMENTS, Segments } from './segments.js';

const context = { actor: { channel: 'TEST' }, correlation_id: 'v-1' };
const AT = { born: '2026-05-01T00:00:00.000Z', due: '2026-05-02T10:00:00.000Z', active: '2026-05-03T00:00:00.000Z', now: '2026-05-03T00:00:01.000Z' }; // prettier-ignore

test('nobody entered a segment before it became active, though nobody looked at what was due then', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'flipping-'));
  const model = await ReadModel.open({ file: join(folder, 'read-model.db') });
  let at = AT.born;
  const now = (): string => at;
  const store = new MemoryEventStore();
  const keyring = new Keyring(new MemoryKeyStore());
  const bounds = { now, weigh: () => 1, cache_weight_max: 100 };
  const aggregates = new Aggregates<CustomerState, CustomerEvent>(store, customerCodec, keyring, customer, bounds);
  const catalog = new Catalog<SegmentDefinition>(store, SEGMENTS, now);
  const define = (id: string, definition: Omit<SegmentDefinition, 'name'>): Promise<unknown> =>
    catalog.define(id, () => ({ name: id, ...definition }), context);
  const flipping = new Flipping({ segments: new Segments(catalog), aggregates, model, now, onFlips: () => undefined });
  const project = async (): Promise<void> => {
    const over = new AbortController();
    const projector = new Projector(model, store, new Decoder<CustomerEvent>(customerCodec, keyring), {
      batch_size_max: 100,
      interval_ms: 0,
      judge: new SegmentJudge(store, now),
      onTrouble: (error) => {
        throw error;
      },
    });
    const running = projector.run(over.signal);
    const head = await store.head();
    while (((await model.reached('projector'))?.position ?? 0n) < head)
      await new Promise((resolve) => setTimeout(resolve, 5));
    over.abort();
    await running;
  };
  const settle = async (): Promise<void> => {
    await project();
    for (let turns = 0; turns < 10; turns++) await flipping.turn();
  };

  const filter = { junction: 'and', name: { conditions: { $is: ['Ada'] } } } as const;
  await define('seg_name', { type: 'passive', filter });
  await define('seg_day', { type: 'auto-update', filter: { junction: 'and', 'metadata.x': { conditions: { $more_than_ago: ['1'] } } } }); // prettier-ignore
  const said = { id: 'cust_1', created: true, name: 'Ada', metadata: { x: '2026-05-01T10:00:00.000Z' } };
  await aggregates.transact<Rejection>(customerStream('cust_1'), (state) => recordProfile(state, said, at), context);
  await settle();
  // nobody looks when the day has passed; meanwhile the other segment becomes active
  at = AT.active;
  await define('seg_name', { type: 'auto-update', filter });
  at = AT.now;
  await settle();
  const entered: unknown[] = [];
  for await (const { type, data, metadata } of store.readAll())
    if (type === 'SegmentEntered') entered.push([(data['segment'] as { id: string }).id, metadata['occurred_at']]);
  expect(entered).toEqual([['seg_name', AT.active], ['seg_day', AT.due]]); // prettier-ignore
  await model.close();
  await rm(folder, { recursive: true, force: true });
});
