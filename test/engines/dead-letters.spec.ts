import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { fact } from '../support/facts.js';
import { KEYS, Service } from '../support/service.js';
import { eventually } from '../support/wait.js';
import { engineSuite } from './engine.js';
import { send } from './kafka/topics.js';

engineSuite('dead letters', 'TEST_KAFKA_BROKERS', (brokers) => {
  const prefix = `letters-${randomBytes(4).toString('hex')}`;
  let service: Service;
  beforeAll(async () => {
    service = await Service.start({ env: { KAFKA_BROKERS: brokers, KAFKA_PREFIX: prefix, KAFKA_PARTITIONS: '2' } });
  });
  afterAll(() => service.discard());

  const ledger = async (...args: string[]): Promise<string> => {
    const env = {
      PATH: process.env['PATH'],
      KAFKA_BROKERS: brokers,
      KAFKA_PREFIX: prefix,
      LEDGER_URL: service.url,
      LEDGER_KEY: `${KEYS.ingest.app_id}:${KEYS.ingest.token}`,
    };
    const run = promisify(execFile)(process.execPath, ['dist/apps/cli/src/main.js', 'dlq', ...args], { env });
    return run.then(
      ({ stdout }) => stdout,
      (error: { stdout: string; stderr: string }) => `${error.stdout}\n${error.stderr}`,
    );
  };
  const sent = (key: string, value: object | string) => ({
    key,
    value: typeof value === 'string' ? value : JSON.stringify(value),
    headers: { 'content-type': 'application/cloudevents+json' },
  });
  const placesOf = (text: string): string[] => [...text.matchAll(/^(\d+\/\d+) /gm)].map(([, place = '']) => place);

  test('wait without keeping others from their work, are listed and shown, and go by retry or drop', async () => {
    const order = (id: string, customer: object) =>
      fact('order.paid', '2026-01-01T00:00:00Z', { id, amount: 5, customer });
    await send(brokers, `${prefix}.facts`, [
      sent('ada', order('o1', { source_id: 'ada' })),
      sent('eve', 'no json'),
      sent('bob', order('o2', { id: 'cust_unknown' })),
      sent('ada', order('o3', { source_id: 'ada' })),
    ]);
    await eventually(async () => {
      const { body } = await service.call('GET', '/v1/customers/ada');
      expect(body.summary?.orders.total_count).toBe(2);
      expect(placesOf(await ledger('list'))).toHaveLength(2);
    });
    const listed = await ledger('list');
    expect(listed).toContain('not_found');
    const unknown = (listed.split('\n').find((line) => line.includes('not_found')) ?? '').split(' ')[0] ?? '';
    expect(JSON.parse(await ledger('show', unknown))).toMatchObject({ place: unknown, key: 'bob', error: 'not_found' });

    // still refused: it stays
    expect(await ledger('retry', '--all')).toContain('0 settled, 2 refused again');
    expect(placesOf(await ledger('list'))).toHaveLength(2);
    // what it waited for is there now
    await service.facts(
      [fact('customer.created', '2025-01-01T00:00:00Z', { id: 'cust_unknown', source_id: 'bob' })],
      KEYS.admin,
    );
    expect(await ledger('retry', unknown)).toContain('1 settled, 0 refused again');
    expect(placesOf(await ledger('list'))).toHaveLength(1);
    await eventually(async () => {
      const { body } = await service.call('GET', '/v1/customers/bob', { key: KEYS.ingest });
      expect(body).toBeDefined();
      expect((await service.call('GET', '/v1/customers/bob')).body.summary.orders.total_count).toBe(1);
    });
    expect(await ledger('drop', '--all')).toContain('1 dropped');
    expect(await ledger('list')).toContain('No dead letters');
    expect(await ledger('show', unknown)).toContain('settled already');
    expect(await ledger('drop')).toContain('--all');
  });
});
