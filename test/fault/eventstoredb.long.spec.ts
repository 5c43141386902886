import { execFile, execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  type EventStoreDbEventStore,
  type EventStoreDbOptions,
  type NewEvent,
  openEventStoreDb,
  PositionBeyondHead,
  type RecordedEvent,
  StoreOverloaded,
  StoreUnavailable,
} from '#event-store';
import { EventStoreDbStandIn, type StandInOptions } from '../standins/eventstoredb/server.js';
import { StandIn } from '../support/stand-in.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/* Failures of the network and the server as the client of EventStoreDB meets them, against the stand-in on the wire. */

let folder: string;
const opened: { close?(): Promise<void>; stop?(): Promise<void> }[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-esdb-'));
});
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await (one.close ?? one.stop)?.call(one);
  await rm(folder, { recursive: true, force: true });
});

const newEvent = (n = 0): NewEvent => ({ id: randomUUID(), type: 'Noted', data: { n }, metadata: {} });

async function standIn(options: Partial<StandInOptions> = {}): Promise<EventStoreDbStandIn> {
  const node = await EventStoreDbStandIn.start({ file: join(folder, 'events.db'), ...options });
  opened.push(node);
  return node;
}

async function clientOf(url: string, options: Partial<EventStoreDbOptions> = {}): Promise<EventStoreDbEventStore> {
  const quick = { append_timeout_ms: 500, append_deadline_ms: 5_000, confirmation_ms_max: 1_000, silence_ms_max: 300 };
  const store = await openEventStoreDb({ url, ...quick, ...options });
  opened.push(store);
  return store;
}

async function streamOf(store: EventStoreDbEventStore, name: string): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of store.read(name)) events.push(event);
  return events;
}

/** Follows in the background; what came so far is in the list. */
function following(store: EventStoreDbEventStore, batch_size_max = 50): { seen: number[]; stop(): Promise<void> } {
  const leave = new AbortController();
  const seen: number[] = [];
  const running = (async () => {
    for await (const { events } of store.follow(0n, { prefixes: ['s-'], batch_size_max, signal: leave.signal }))
      seen.push(...events.map(({ data }) => Number(data['n'])));
  })();
  return {
    seen,
    stop: () => {
      leave.abort();
      return running;
    },
  };
}

async function until(check: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!check()) {
    if (performance.now() > end) throw new Error('it did not come');
    await sleep(10);
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

test('an acknowledgement that is lost after the commit: asked again, answered as the first time, written once', async () => {
  const node = await standIn();
  const store = await clientOf(node.url);
  await store.append('s-1', 'no-stream', [newEvent(0)]);
  node.faults.lost_acknowledgements = 2;
  const events = [newEvent(1), newEvent(2)];
  const receipt = await store.append('s-1', 0, events);
  const written = await streamOf(store, 's-1');
  expect(written.map(({ data }) => data['n'])).toEqual([0, 1, 2]);
  expect(receipt).toEqual({ revision: 2, position: written[2]?.position });
});

test('a server that hangs: the append ends by its deadline, and the same one again is written once', async () => {
  const server = await StandIn.start(join(folder, 'events.db'));
  opened.push({ stop: () => server.kill() });
  const store = await clientOf(server.url, { append_deadline_ms: 1_500 });
  await store.append('s-1', 'no-stream', [newEvent(0)]);
  server.signal('SIGSTOP');
  const event = newEvent(1);
  await expect(store.append('s-1', 0, [event])).rejects.toBeInstanceOf(StoreUnavailable);
  server.signal('SIGCONT');
  expect((await store.append('s-1', 0, [event])).revision).toBe(1);
  expect((await streamOf(store, 's-1')).map(({ data }) => data['n'])).toEqual([0, 1]);
});

test('connections that are reset in the middle of appends: all are written, each once and in order', async () => {
  const node = await standIn();
  const proxy = await TcpProxy.start(node.port);
  opened.push(proxy);
  const store = await clientOf(`esdb://127.0.0.1:${proxy.port}?tls=false`, { append_deadline_ms: 240_000 });
  let [isDone, written] = [false, 0];
  const cutting = (async () => {
    for (let cut_at = 0; !isDone;) {
      await sleep(100 + Math.random() * 200);
      // a slow machine gets something through between two cuts
      if (written === cut_at) continue;
      cut_at = written;
      proxy.cut();
    }
  })();
  const write = async (stream: string): Promise<void> => {
    for (const n of upTo(40)) {
      await store.append(stream, n === 0 ? 'no-stream' : n - 1, [newEvent(n)]);
      written += 1;
    }
  };
  const streams = upTo(8).map((n) => `s-${n}`);
  await Promise.all(streams.map(write));
  isDone = true;
  await cutting;
  for (const stream of streams) expect((await streamOf(store, stream)).map(({ data }) => data['n'])).toEqual(upTo(40));
});

test('a server that is killed and comes back: a follower misses nothing and hears nothing twice', async () => {
  const server = await StandIn.start(join(folder, 'events.db'));
  opened.push({ stop: () => server.kill() });
  const store = await clientOf(server.url, { append_deadline_ms: 240_000 });
  const follower = following(store);
  for (const n of upTo(60)) {
    if (n % 20 === 10) await server.restart();
    await store.append('s-1', 'any', [newEvent(n)]);
  }
  await until(() => follower.seen.length >= 60);
  await follower.stop();
  expect(follower.seen).toEqual(upTo(60));
});

test('a subscription that falls silent while there is more is given up', async () => {
  const node = await standIn();
  const store = await clientOf(node.url);
  const follower = following(store);
  await store.append('s-1', 'any', [newEvent(0)]);
  await until(() => follower.seen.length === 1);
  node.faults.isStalled = true;
  await store.append('s-1', 'any', [newEvent(1)]);
  await sleep(100);
  node.faults.isStalled = false;
  await store.append('s-1', 'any', [newEvent(2)]);
  await until(() => follower.seen.length === 3);
  await follower.stop();
  expect(follower.seen).toEqual([0, 1, 2]);
});

test('a quiet store is not taken for a silent subscription', async () => {
  const node = await standIn();
  const store = await clientOf(node.url);
  const follower = following(store);
  await store.append('s-1', 'any', [newEvent(0)]);
  await until(() => follower.seen.length === 1);
  const before = node.counts.subscriptions;
  await sleep(1_500);
  expect(node.counts.subscriptions).toBe(before);
  await follower.stop();
});

test('a subscription that ends without an error is taken up again', async () => {
  const node = await standIn();
  // silence would be noticed too, later
  const store = await clientOf(node.url, { silence_ms_max: 60_000 });
  const follower = following(store);
  for (const n of upTo(5)) {
    await store.append('s-1', 'any', [newEvent(n)]);
    await until(() => follower.seen.length === n + 1);
    node.faults.endSubscriptions();
  }
  await follower.stop();
  expect(follower.seen).toEqual(upTo(5));
});

test.each(['several hosts', 'discovery'])(
  'a leader that steps down, by %s: appends go on at its successor',
  async (by) => {
    const nodes: EventStoreDbStandIn[] = [];
    const members = () => nodes.map(({ port, faults }) => ({ port, isLeader: faults.leader === undefined }));
    nodes.push(await standIn({ members }), await standIn({ members }));
    const [first, second] = nodes as [EventStoreDbStandIn, EventStoreDbStandIn];
    second.faults.leader = { host: '127.0.0.1', port: first.port };
    const hosts = `esdb://127.0.0.1:${first.port},127.0.0.1:${second.port}?tls=false`;
    const store = await clientOf(by === 'discovery' ? `esdb+discover://127.0.0.1:${first.port}?tls=false` : hosts);
    await store.append('s-1', 'no-stream', [newEvent(0)]);
    second.faults.leader = undefined;
    first.faults.leader = { host: '127.0.0.1', port: second.port };
    await store.append('s-1', 0, [newEvent(1)]);
    expect((await streamOf(store, 's-1')).map(({ data }) => data['n'])).toEqual([0, 1]);
    expect(second.counts.appends).toBeGreaterThan(0);
  },
);

test('a follower that resumes after a crash misses nothing: it leaves a batch only when it has dealt with it', async () => {
  const node = await standIn();
  const store = await clientOf(node.url);
  for (const n of upTo(200)) await store.append('s-1', 'any', [newEvent(n)]);
  const done: number[] = [];
  let saved = 0n;
  while (done.length < 200) {
    const leave = new AbortController();
    for await (const { events, position } of store.follow(saved, {
      prefixes: ['s-'],
      batch_size_max: 3,
      signal: leave.signal,
    })) {
      await sleep(1);
      // the crash comes before this batch is dealt with
      if (Math.random() < 0.2) break;
      done.push(...events.map(({ data }) => Number(data['n'])));
      saved = position;
      if (done.length >= 200) break;
    }
    leave.abort();
  }
  expect(done).toEqual(upTo(200));
});

test('reads that are left early do not use up what a connection can carry', async () => {
  const node = await standIn();
  const store = await clientOf(node.url);
  for (let n = 0; n < 600; n += 200)
    await store.append(
      's-1',
      'any',
      upTo(200).map((one) => newEvent(n + one)),
    );
  for (const _ of upTo(60)) {
    for await (const _event of store.read('s-1')) break;
    for await (const _event of store.readAll()) break;
  }
  expect((await store.append('s-1', 599, [newEvent()])).revision).toBe(600);
  expect(await streamOf(store, 's-1')).toHaveLength(601);
});

test('reads that are given up do not either', async () => {
  const node = await standIn();
  const store = await clientOf(node.url, { read_timeout_ms: 60, read_deadline_ms: 60 });
  await store.append('s-1', 'any', [newEvent()]);
  node.faults.isFrozen = true;
  for (const _ of upTo(5))
    await Promise.all(upTo(30).map(() => expect(streamOf(store, 's-1')).rejects.toBeInstanceOf(StoreUnavailable)));
  node.faults.isFrozen = false;
  const again = await clientOf(node.url, { read_timeout_ms: 2_000, read_deadline_ms: 2_000 });
  expect(await streamOf(again, 's-1')).toHaveLength(1);
});

test('appends are calls of their own, never part of the shared one that has no deadline', async () => {
  const node = await standIn({ hasBatchAppend: true });
  const store = await clientOf(node.url);
  await Promise.all(upTo(20).map((n) => store.append(`s-${n}`, 'any', [newEvent()])));
  expect(node.counts).toMatchObject({ appends: 20, batches: 0 });
});

test('too many waiting events are turned away before anything is written', async () => {
  const node = await standIn();
  const store = await clientOf(node.url, { appends_in_flight_max: 2, queue_events_max: 10, append_deadline_ms: 1_000 });
  node.faults.isFrozen = true;
  const waiting = upTo(10).map((n) => store.append(`s-${n}`, 'any', [newEvent()]).catch((error: unknown) => error));
  await expect(store.append('s-11', 'any', [newEvent()])).rejects.toBeInstanceOf(StoreOverloaded);
  for (const answer of await Promise.all(waiting)) expect(answer).toBeInstanceOf(StoreUnavailable);
});

test('a place of another database is refused, and databases are told apart', async () => {
  const node = await standIn();
  const other = await EventStoreDbStandIn.start({ file: join(folder, 'other.db') });
  opened.push(other);
  const [store, stranger] = [await clientOf(node.url), await clientOf(other.url)];
  for (const n of upTo(20)) await store.append('s-1', 'any', [newEvent(n)]);
  const position = await store.head();
  const following = async (): Promise<void> => {
    for await (const _ of stranger.follow(position, { batch_size_max: 1, signal: AbortSignal.timeout(60_000) })) return;
  };
  await expect(following()).rejects.toBeInstanceOf(PositionBeyondHead);
  expect(await store.identity()).not.toBe(await stranger.identity());
  expect(await (await clientOf(node.url)).identity()).toBe(await store.identity());
});

test('a process that wrote and read ends by itself once the store is closed', async () => {
  const node = await standIn();
  const script = join(folder, 'script.mjs');
  const module = pathToFileURL(resolve('dist/libs/event-store/src/index.js')).href;
  await writeFile(
    script,
    `import { openEventStoreDb } from '${module}';
    const store = await openEventStoreDb({ url: '${node.url}' });
    await store.append('s-1', 'any', [{ id: '${randomUUID()}', type: 'Noted', data: {}, metadata: {} }]);
    for await (const event of store.read('s-1')) console.log(event.type);
    await store.close();`,
  );
  const env = { PATH: process.env['PATH'] };
  const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 120_000, env });
  expect(stdout.trim()).toBe('Noted');
});

/** Makes the certificate; not every machine has it. */
function testWithOpenssl(name: string, run: () => Promise<void>): void {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    test(name, run);
  } catch {
    process.stdout.write(`not run: ${name}: needs openssl on the path\n`);
    test.skip(name, run); // house-rules: allowed
  }
}

testWithOpenssl('over TLS with user and password; others are turned away', async () => {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      cert,
      '-subj',
      '/CN=127.0.0.1',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    ],
    { stdio: 'ignore' },
  );
  const node = await standIn({
    tls: { key: await readFile(key), cert: await readFile(cert) },
    login: { username: 'ledger', password: 'p@ss word' },
  });
  const address = (user: string): string => `esdb://${user}@127.0.0.1:${node.port}?tls=true&tlsCAFile=${cert}`;
  const store = await clientOf(address(`ledger:${encodeURIComponent('p@ss word')}`));
  await store.append('s-1', 'no-stream', [newEvent(7)]);
  expect((await streamOf(store, 's-1')).map(({ data }) => data['n'])).toEqual([7]);
  const stranger = await clientOf(address('ledger:wrong'));
  await expect(stranger.append('s-2', 'any', [newEvent()])).rejects.toMatchObject({ type: 'access-denied' });
  await expect(clientOf(`esdb://127.0.0.1:${node.port}?tls=true`)).rejects.toThrow('user:password');
});
