import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { credentials } from '@grpc/grpc-js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import grpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { ANY, EventStoreDBClient, jsonEvent, NO_STREAM, START, streamNameFilter } from '@eventstore/db-client';
import { eventually } from '../../support/wait.js';
import { EventStoreDbStandIn } from './server.js';

/* The real client against the stand-in, in the ways that the ledger itself does not use. */

let folder: string;
let node: EventStoreDbStandIn;
let client: EventStoreDBClient;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stand-in-'));
  node = await EventStoreDbStandIn.start({ file: join(folder, 'events.db') });
  client = EventStoreDBClient.connectionString(node.url);
});
afterEach(async () => {
  await client.dispose();
  await node.stop();
  await rm(folder, { recursive: true });
});

const noted = (n: number) => jsonEvent({ id: randomUUID(), type: 'Noted', data: { n }, metadata: {} });

test('appends by the long call: receipts, conflicts, repetitions, deleted streams', async () => {
  const [one, two] = [noted(1), noted(2)];
  const first = await client.appendToStream('s', [one], { expectedRevision: NO_STREAM });
  expect(first).toMatchObject({ success: true, nextExpectedRevision: 0n });
  expect(await client.appendToStream('s', [one], { expectedRevision: NO_STREAM })).toEqual(first);
  const conflict = client.appendToStream('s', [two], { expectedRevision: NO_STREAM });
  await expect(conflict).rejects.toMatchObject({ type: 'wrong-expected-version', actualVersion: 0n });
  expect((await client.appendToStream('s', [two], { expectedRevision: 0n })).nextExpectedRevision).toBe(1n);
  await client.tombstoneStream('s');
  await expect(client.appendToStream('s', [noted(3)])).rejects.toMatchObject({ type: 'stream-deleted' });
  expect(node.counts.batches).toBe(5);
});

/* A client that cancels ends its events first, and the cancellation may come a packet later: so not each one is dropped. */
test('an append that its client cancels in the middle of the events is dropped', async () => {
  const raw = new grpc.StreamsClient(`127.0.0.1:${node.port}`, credentials.createInsecure());
  const streamNames = Array.from({ length: 20 }, (_, n) => `cancelled-${n}`);
  for (const stream of streamNames) await cancelledAppend(raw, stream);
  raw.close();
  const found = await Promise.allSettled(streamNames.map(collected));
  const dropped = found.filter((one) => one.status === 'rejected');
  expect(dropped.length).toBeGreaterThan(0);
  for (const { reason } of dropped) expect(reason).toMatchObject({ type: 'stream-not-found' });
});

/** Begins an append, sends one event of it, and cancels once the stand-in has begun it too. */
async function cancelledAppend(raw: InstanceType<typeof grpc.StreamsClient>, stream: string): Promise<void> {
  const begun = node.counts.appends;
  const call = raw.append(() => undefined);
  const ended = once(call, 'status');
  call.on('error', () => undefined);
  const name = new shared.StreamIdentifier();
  name.setStreamName(Buffer.from(stream));
  const options = new streams.AppendReq.Options();
  options.setStreamIdentifier(name);
  options.setAny(new shared.Empty());
  const id = new shared.UUID();
  id.setString(randomUUID());
  const event = new streams.AppendReq.ProposedMessage();
  event.setId(id);
  event.getMetadataMap().set('type', 'Noted').set('content-type', 'application/json');
  event.setData(Buffer.from('{}'));
  call.write(new streams.AppendReq().setOptions(options));
  await new Promise((resolve) => call.write(new streams.AppendReq().setProposedMessage(event), resolve));
  await eventually(() => Promise.resolve(expect(node.counts.appends).toBe(begun + 1)));
  call.cancel();
  await ended;
  // the answer comes after whatever the stand-in does with the call that has ended
  await client.appendToStream('other', [noted(0)]);
}

async function collected(stream: string): Promise<unknown[]> {
  const events = [];
  for await (const { event } of client.readStream(stream)) events.push(event);
  return events;
}

test('a subscription with a filter: what was there, checkpoints, that it has caught up, what comes', async () => {
  for (let n = 0; n < 40; n++) await client.appendToStream(n % 8 === 0 ? 'own-1' : 'other-1', [noted(n)]);
  const checkpoints: bigint[] = [];
  const filter = streamNameFilter({
    prefixes: ['own-'],
    maxSearchWindow: 10,
    checkpointReached: async (_, { commit }) => void checkpoints.push(commit),
  });
  const subscription = client.subscribeToAll({ fromPosition: START, filter });
  const heard: unknown[] = [];
  subscription.on('caughtUp', () => {
    heard.push('caught up');
    void client.appendToStream('own-2', [noted(100)], { expectedRevision: ANY });
  });
  for await (const { event } of subscription) {
    heard.push((event?.data as { n: number }).n);
    if (heard.at(-1) === 100) break;
  }
  await subscription.unsubscribe();
  expect(heard).toEqual([0, 8, 16, 24, 32, 'caught up', 100]);
  expect(checkpoints.length).toBeGreaterThan(3);
});

test('a subscription to a stream, from behind a revision; $all shows what was deleted and what the server writes', async () => {
  for (let n = 0; n < 5; n++) await client.appendToStream('s', [noted(n)]);
  const seen: number[] = [];
  const subscription = client.subscribeToStream('s', { fromRevision: 1n });
  for await (const { event } of subscription) {
    seen.push((event?.data as { n: number }).n);
    if (seen.length === 3) break;
  }
  await subscription.unsubscribe();
  expect(seen).toEqual([2, 3, 4]);
  await client.deleteStream('s');
  const all: string[] = [];
  for await (const { event } of client.readAll()) all.push(event?.type ?? '');
  expect(all.filter((type) => type === 'Noted')).toHaveLength(5);
  expect(all).toContain('$metadata');
  expect((await client.getStreamMetadata('s')).metadata?.truncateBefore).toBeDefined();
});
