import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { fact } from '../support/facts.js';
import { type Answer, KEYS, type Service } from '../support/service.js';
import { eventually } from '../support/wait.js';
import { Deployment } from './deployment.js';
import { engineSuite } from './engine.js';

const ROWS = 6_000;
const PEOPLE = Array.from({ length: 25 }, (_, n) => `flipping-${n}`);
const ROUNDS = 8;
const LEASE_MS = 1_500;
const FLIPS = ['customer.segment.entered', 'customer.segment.left'];

engineSuite('work of two instances on one PostgreSQL', 'TEST_DATABASE_URL', (server) => {
  test('bulk updates, webhooks and segments go on where an instance was frozen or killed', async () => {
    const settings = { LEASE_MS: String(LEASE_MS), SHARDS: '6', WEBHOOKS_ALLOW_PRIVATE: 'true' };
    const deployment = await Deployment.open(server, settings);
    const receiver = await Receiver.start();
    const instances: [Service, Service] = [await deployment.start(0), await deployment.start(1)];
    const hook = (
      await instances[0].call('POST', '/v1/webhooks', { body: { target_url: receiver.url, events: FLIPS } })
    ).body;
    const filter = { junction: 'and', 'summary.orders.total_count': { conditions: { $more_than: 0 } } };
    const segment = (
      await instances[1].call('POST', '/v1/segments', { body: { name: 'Buyers', type: 'auto-update', filter } })
    ).body;
    await eventually(async () =>
      expect((await instances[0].call('GET', `/v1/segments/${segment.id}`)).body.initial_sync_status).toBe('DONE'),
    );
    const rows = Array.from({ length: ROWS }, (_, n) => ({ source_id: `bulk-${n}`, name: `Name ${n}` }));
    const begun = await Promise.all(
      instances.map((one) =>
        one.call('POST', '/v1/customers/bulk/async', {
          body: rows.map((row) => ({ ...row, metadata: { by: one.pid } })),
        }),
      ),
    );

    for (let round = 0; round < ROUNDS; round++) {
      const n = round % 2;
      const other = instances[1 - n] as Service;
      if (round % 4 < 2) instances[n]?.signal('SIGSTOP');
      else await instances[n]?.kill();
      await tell(
        other,
        PEOPLE.map((source_id) => ordered(source_id, round)),
      );
      await sleep(2 * LEASE_MS);
      if (round % 4 < 2) instances[n]?.signal('SIGCONT');
      else instances[n] = await deployment.start(n);
      await sleep(LEASE_MS);
    }

    for (const { body } of begun) await assertDone(instances, body.async_action_id);
    for (const source_id of PEOPLE) {
      const flips = await settled(instances, source_id);
      expect(flips).toEqual(flips.map((_, n) => FLIPS[n % 2]));
      expect(flips.length).toBeGreaterThan(0);
      const { id } = (await instances[0].call('GET', `/v1/customers/${source_id}`)).body;
      await eventually(async () => expect(receiver.heard(id)).toEqual(flips));
    }
    expect(receiver.isSigned(hook.secret)).toBe(true);
    await deployment.close();
    await receiver.stop();
  });
});

/** One order of each, paid and canceled in turn; the last round takes it away. */
const ordered = (source_id: string, round: number): object =>
  fact(round % 2 === 0 ? 'order.paid' : 'order.canceled', new Date(Date.UTC(2026, 0, 1 + round)).toISOString(), {
    id: `order-of-${source_id}`,
    amount: 100,
    customer: { source_id },
  });

async function tell(service: Service, facts: readonly object[]): Promise<void> {
  await eventually(async () => expect((await service.facts(facts)).body).toMatchObject({ rejected: 0 }));
}

/** Both say that it is done, and have the same report with each row once. */
async function assertDone(instances: readonly Service[], id: string): Promise<void> {
  const reports: string[] = [];
  for (const one of instances) {
    let action: Answer['body'];
    await eventually(async () => {
      action = (await one.call('GET', `/v1/async-actions/${id}`)).body;
      expect(action.status).toBe('DONE');
    });
    expect(action).toMatchObject({ progress: 100, result: { done_count: ROWS, failed_count: 0 } });
    reports.push(await (await fetch(action.result.reports[0])).text());
  }
  const [first = '', second] = reports;
  expect(second).toBe(first);
  const names = first
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',')[0]);
  expect(names).toEqual(Array.from({ length: ROWS }, (_, n) => `bulk-${n}`));
}

/** The flips of a customer, oldest first, once the segment is empty; the same from both instances. */
async function settled(instances: readonly Service[], source_id: string): Promise<string[]> {
  const [first, second] = await Promise.all(
    instances.map(async (one) => {
      let types: string[] = [];
      await eventually(async () => {
        expect((await one.call('GET', `/v1/customers/${source_id}/segments`)).body.total).toBe(0);
        const { body } = await one.call('GET', `/v1/customers/${source_id}/activity?limit=100&order=created_at`);
        types = (body.data as { type: string }[]).map(({ type }) => type).filter((type) => FLIPS.includes(type));
        expect(types.at(-1)).toBe(FLIPS[1]);
      });
      const { text } = await one.call('GET', `/v1/customers/${source_id}`, { key: KEYS.read });
      return { types, text };
    }),
  );
  expect(second).toEqual(first);
  return first?.types ?? [];
}

interface Told {
  readonly text: string;
  readonly signature: unknown;
  readonly body: { readonly id: string; readonly type: string; readonly event: { readonly entity_id: string } };
}

/** Where webhooks are sent. */
class Receiver {
  private readonly told: Told[] = [];
  private readonly server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      this.told.push({
        text,
        signature: request.headers['x-voucherify-signature'],
        body: JSON.parse(text) as Told['body'],
      });
      response.writeHead(200).end();
    });
  });

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    // whatever fails, the suite can end
    receiver.server.listen(0, '127.0.0.1').unref();
    await once(receiver.server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  /** Types of what came about a customer, in order; of a message that came again, the first time counts. */
  heard(customer_id: string): string[] {
    const own = this.told.map(({ body }) => body).filter(({ event }) => event.entity_id === customer_id);
    return [...new Map(own.map(({ id, type }) => [id, type] as const)).values()];
  }

  isSigned(secret: string): boolean {
    return this.told.every(
      ({ text, signature }) => signature === createHmac('sha256', secret).update(text).digest('hex'),
    );
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
