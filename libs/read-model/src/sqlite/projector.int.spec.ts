import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  createCustomer,
  customer,
  type CustomerEvent,
  type CustomerState,
  type Decide,
  eraseCustomer,
  personal,
  record,
  toDocument,
  upcast,
  versions,
} from '#customer';
import { Repository, type Codec, Decoder, Keyring, MemoryKeyStore, SqliteEventStore } from '#event-store';
import { at } from '../histories.double.js';
import { Projector } from '../projecting/projector.js';
import { ReadModel } from '../read-model.js';

const codec = { personal, versions, upcast } as unknown as Codec<CustomerEvent>;
const context = { actor: { channel: 'API', key: 'shop' }, correlation_id: 'v-0123456789abcdef01' };

let store: SqliteEventStore;
let model: ReadModel;
let keys: Keyring;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'read-model-'));
  store = await SqliteEventStore.open({ file: join(folder, 'events.db') });
  model = await ReadModel.open({ file: join(folder, 'read.db') });
  keys = new Keyring(new MemoryKeyStore());
});
afterEach(async () => {
  await store.close();
  await model.close();
});

test('follows a real store: encrypted events become rows, readers see them, an erasure removes them', async () => {
  const repository = new Repository<CustomerState, CustomerEvent>(store, codec, keys, customer, {
    now: () => at(0),
    weigh: () => 1,
    cache_weight_max: 100,
  });
  const transact = <Input>(id: string, rule: Decide<Input>, input: Input, time: string) =>
    repository.handle(`customer-${id}`, ({ state }) => rule(state, input, { at: time }), context);
  const stop = new AbortController();
  const seen: bigint[] = [];
  const projector = new Projector(model, store, new Decoder(codec, keys), {
    onBatch: ({ position }) => seen.push(position),
  });
  const running = projector.run(stop.signal);
  for (let i = 0; i < 20; i++) {
    await transact(`cust_${i}`, createCustomer, { source_id: `s${i}`, name: `Name ${i}` }, at(i));
    await transact(`cust_${i}`, record.order, { id: 'o1', status: 'PAID', amount: 5, customer: {} }, at(i + 1));
  }
  await reached(seen, await store.head());

  const { state } = await repository.load('customer-cust_7');
  expect((await model.customer('s7'))?.document).toBe(JSON.stringify(toDocument('cust_7', state)));
  expect((await model.activity('cust_7', {})).data[0]?.group_id).toBe(context.correlation_id);

  await transact('cust_7', eraseCustomer, undefined, at(100));
  await reached(seen, await store.head());
  expect(await model.customer('s7')).toBeUndefined();
  expect((await model.customers({})).total).toBe(19);
  stop.abort();
  await running;
});

async function reached(seen: readonly bigint[], position: bigint): Promise<void> {
  for (let tries = 0; (seen.at(-1) ?? -1n) < position; tries++) {
    if (tries > 500) throw new Error(`still at ${seen.at(-1)}, not at ${position}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
