import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { engineSuite } from '../../../../test/engines/engine.js';
import { EventStoreDbStandIn } from '../../../../test/standins/eventstoredb/server.js';
import { eventStoreContract } from '../event-store.contract.js';
import { EventStoreDbEventStore } from './event-store.js';

let folder: string;
let node: EventStoreDbStandIn;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'event-store-db-'));
  node = await EventStoreDbStandIn.start({ file: join(folder, 'events.db') });
});
afterAll(async () => {
  await node.stop();
  await rm(folder, { recursive: true });
});

async function open(url: string) {
  const store = await EventStoreDbEventStore.open({ url });
  return { store, close: () => store.close() };
}

// all checks share one log, as on a server
eventStoreContract('EventStoreDbEventStore on the stand-in', () => open(node.url));

engineSuite('EventStoreDbEventStore', 'EVENT_STORE_URL', (url) =>
  eventStoreContract('on a real server', () => open(url)),
);
