import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fact } from '../support/facts.js';
import { mixed } from '../support/mixed.js';
import { clockSuite, MovedClock } from '../support/moved-clock.js';
import { Service } from '../support/service.js';
import { before, orderOf, WAYS, WAYS_ENV, writesAndReads } from '../support/ways-to-write.js';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const COUNT = 10_000;

clockSuite('a clock that is moved while the service runs', (library) => {
  let directory: string;
  let clock: MovedClock;
  let service: Service;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ledger-clocks-'));
    clock = new MovedClock(library, join(directory, 'clock'), 60);
    service = await Service.start({ directory: join(directory, 'data'), env: { ...WAYS_ENV, ...clock.env } });
    await service.call('POST', '/v1/consents', { body: { id: 'news', name: 'News' } });
  });
  afterAll(async () => {
    await service.stop();
    await rm(directory, { recursive: true, force: true });
  });

  describe('and goes back by 30 s: what was acknowledged is what is read', () => {
    const sourceId = (n: number): string => `back-${n}`;

    beforeAll(async () => {
      await clock.move(service, 30);
      for (const n of WAYS.keys()) await before(service, sourceId(n));
      await clock.move(service, 0);
    });

    test.each(WAYS.map((way, n) => [way.name, way, n] as const))('%s', (_, way, n) =>
      writesAndReads(way, sourceId(n), service),
    );
  });

  describe('and is behind that of a sender of facts: what was acknowledged is what is read', () => {
    const sourceId = (n: number): string => `ahead-${n}`;

    beforeAll(async () => {
      await clock.move(service, 0);
      for (const n of WAYS.keys()) {
        await before(service, sourceId(n));
        const { status, body } = await service.facts(factsAhead(sourceId(n)));
        expect([status, body.accepted]).toEqual([200, 3]);
      }
    });

    test.each(WAYS.map((way, n) => [way.name, way, n] as const))('%s', (_, way, n) =>
      writesAndReads(way, sourceId(n), service),
    );
  });

  test(`to and fro: of ${COUNT} commands and facts each command is what is read next (SEED=${SEED})`, async () => {
    const isOver = new AbortController();
    const wandering = clock.wander([60, 30, 0, -30, -60], SEED, isOver.signal);
    const mix = { seed: SEED, count: COUNT, lanes: 16, customers: 8, facts_max: 3, services: [service] };
    const outcome = await mixed(mix).finally(() => isOver.abort());
    await wandering;
    expect([SEED, outcome.lost]).toEqual([SEED, []]);
    expect(outcome.commands + outcome.facts).toBeGreaterThanOrEqual(COUNT);
    // otherwise nothing was tried
    expect(outcome.steps_back).toBeGreaterThan(0);
  });
});

/** As a service would send whose clock is 200 s ahead: what commands have said, and said otherwise. */
function factsAhead(source_id: string): object[] {
  const time = new Date(Date.now() + 200_000).toISOString();
  const customer = { source_id };
  return [
    fact('customer.updated', time, { source_id, name: 'Carol', metadata: { tier: 'gold' } }),
    fact('customer.consents.given', time, { customer, consents: [{ id: 'news' }] }),
    fact('order.paid', time, { id: orderOf(source_id), amount: 200, customer }),
  ];
}
