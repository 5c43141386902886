import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { fact } from '../support/facts.js';
import { KEYS, Service } from '../support/service.js';
import { engineSuite } from './engine.js';
import { createTopic, readTopic } from './kafka/topics.js';

engineSuite('replay to a topic', 'TEST_KAFKA_BROKERS', (brokers) => {
  test('tells everything once, each customer in order, with what it was published with', async () => {
    const topic = `replay-${randomBytes(4).toString('hex')}`;
    await createTopic(brokers, { topic, numPartitions: 3 });
    const service = await Service.start();
    const customers = Array.from({ length: 10 }, (_, n) => ({ source_id: `c${n}` }));
    await service.facts(
      customers.flatMap((customer) =>
        Array.from({ length: 30 }, (_, n) =>
          fact('order.paid', '2026-01-01T00:00:00Z', { id: `o${n}`, amount: n, customer }),
        ),
      ),
    );
    const ledger = (to: string): string => {
      const { app_id, token } = KEYS.admin;
      const args = ['replay', '--to', to, '--url', service.url, '--key', `${app_id}:${token}`, '--brokers', brokers];
      const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/apps/cli/src/main.js', ...args], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] },
      });
      if (status !== 0) throw new Error(stderr);
      return stdout;
    };
    ledger(`topic:${topic}`);
    const told = ledger('-')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; subject: string; data: object });
    await service.discard();

    const read = await readTopic(brokers, topic);
    const bySubject = (events: readonly { id: string; subject: string; data: object }[]): Record<string, unknown[]> => {
      const lists: Record<string, unknown[]> = {};
      for (const { id, subject, data } of events) (lists[subject] ??= []).push({ id, data });
      return lists;
    };
    const found = read.map(({ key, value, headers }) => ({
      id: headers['ce_id'] ?? '',
      subject: key,
      data: JSON.parse(value ?? 'null') as object,
    }));
    expect(found.length).toBeGreaterThan(300);
    expect(bySubject(found)).toEqual(bySubject(told));
  });
});
