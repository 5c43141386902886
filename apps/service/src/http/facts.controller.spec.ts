import { expect, test } from '@jest/globals';
import type { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { countsByTurn } from '../../../../libs/flow/src/turns.fixture.js';
import { loadConfig } from '../config.js';
import { FactDigests } from '../ingest/fact-digests.js';
import { FactsAhead } from '../ingest/facts-ahead.js';
import { Ingest } from '../ingest/ingest.js';
import type { Freshness } from '../ops/freshness.js';
import { Metrics } from '../ops/metrics.js';
import { FactsController } from './facts.controller.js';

const request = { headers: { 'content-type': 'application/cloudevents-batch+json' }, id: 'v-1' } as FastifyRequest;
const freshness = { wrote: () => undefined } as unknown as Freshness;

/** The real controller, with a command handler of the test. */
function controller(execute: () => Promise<object>): FactsController {
  const config = loadConfig({});
  const bus = { execute } as unknown as CommandBus;
  const ahead = new FactsAhead(config, { now: () => '2026-03-01T10:00:00.000Z' });
  const ingest = new Ingest(bus, config, new Metrics(), ahead, new FactDigests(Buffer.alloc(32)));
  return new FactsController(ingest, freshness);
}

/** The n-th fact of a batch; it reports its first read. */
function seen(n: number, note: () => void): object {
  let isNew = true;
  const time = '2026-03-01T09:00:00Z';
  const data = { type: 'seen', customer: { source_id: 'ada' } };
  const event = { specversion: '1.0', id: `fact-${n}`, source: '/shop', type: 'customer.custom_event', time };
  return Object.defineProperty({ ...event }, 'data', {
    enumerable: true,
    get: () => {
      if (isNew) note();
      isNew = false;
      return data;
    },
  });
}

const LONG = 2_000;
const portions = Array<number>(LONG / 50).fill(50);
const reply = { header: () => reply } as unknown as FastifyReply;
const accepted = { customer_id: 'cust_1', revision: 0, position: 1n, changed: true };
const batch = (note: () => void): object[] => Array.from({ length: LONG }, (_, n) => seen(n, note));

test('a long batch gives the event loop a turn after every 50 parsed facts', async () => {
  const take = controller(() => Promise.resolve(accepted));
  expect(await countsByTurn((note) => take.take(request, batch(note), reply))).toEqual(portions);
});

test('a long batch gives the event loop a turn after every 50 started facts, and answers in order', async () => {
  let answer = '';
  const counts = await countsByTurn(async (note) => {
    const take = controller(() => (note(), Promise.resolve(accepted)));
    answer = await take.take(
      request,
      batch(() => undefined),
      reply,
    );
  });
  expect(counts).toEqual(portions);
  const { results } = JSON.parse(answer) as { readonly results: readonly { readonly id: string }[] };
  expect(results.map(({ id }) => id)).toEqual(Array.from({ length: LONG }, (_, n) => `fact-${n}`));
});

test('an early fault fails the batch once all facts have started', async () => {
  let begun = 0;
  const take = controller(() => {
    begun += 1;
    return begun === 1 ? Promise.reject(new Error('the engine is away')) : Promise.resolve(accepted);
  });
  await expect(
    take.take(
      request,
      batch(() => undefined),
      reply,
    ),
  ).rejects.toThrow('the engine is away');
  expect(begun).toBe(LONG);
});
