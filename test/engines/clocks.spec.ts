import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mixed } from '../support/mixed.js';
import { clockSuite, MovedClock } from '../support/moved-clock.js';
import { type Service } from '../support/service.js';
import { before, WAYS, WAYS_ENV, writesAndReads } from '../support/ways-to-write.js';
import { Deployment } from './deployment.js';
import { engineSuite } from './engine.js';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const COUNT = 10_000;

engineSuite('two instances whose clocks differ', 'TEST_DATABASE_URL', (server) =>
  clockSuite('by libfaketime', (library) => {
    let deployment: Deployment;
    let clocks: MovedClock[];
    let instances: Service[];
    let first: Service;
    let second: Service;

    beforeAll(async () => {
      deployment = await Deployment.open(server, WAYS_ENV);
      const { folder } = deployment;
      clocks = [60, 0].map((offset_s, n) => new MovedClock(library, join(folder, `clock-${n}`), offset_s));
      instances = await Promise.all(clocks.map((clock, n) => deployment.start(n, clock.env)));
      [first, second] = instances as [Service, Service];
      await first.call('POST', '/v1/consents', { body: { id: 'news', name: 'News' } });
    });
    afterAll(() => deployment.close());

    describe('what is written through one of them wins over what the other one, 60 s ahead, wrote before', () => {
      test.each(WAYS.map((way, n) => [way.name, way, `two-${n}`] as const))('%s', async (_, way, source_id) => {
        await before(first, source_id);
        await writesAndReads(way, source_id, second, first);
      });
    });

    test(`one of them to and fro: of ${COUNT} commands and facts each command is what is read next (SEED=${SEED})`, async () => {
      const isOver = new AbortController();
      const wandering = clocks[0]?.wander([60, -60, 60, 30], SEED, isOver.signal);
      const mix = { seed: SEED, count: COUNT, lanes: 32, customers: 4, facts_max: 10, services: instances };
      const outcome = await mixed(mix).finally(() => isOver.abort());
      await wandering;
      expect([SEED, outcome.lost]).toEqual([SEED, []]);
      expect(outcome.commands + outcome.facts).toBeGreaterThanOrEqual(COUNT);
      // otherwise nothing was tried
      expect(outcome.steps_back).toBeGreaterThan(0);
    });
  }),
);
