import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type Query, QueryBus } from '@nestjs/cqrs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ContractError, parseFact } from '#contract';
import { Decoder, EventStore } from '#event-store';
import { Projector, ReadModel } from '#read-model';
import { RUNS, SEEDS } from '../../../libs/customer/src/runs.fixture.js';
import type { CloudEvent } from '../../../test/support/arrival/histories.js';
import type { Ledger, Refused, View } from '../../../test/support/arrival/observation.js';
import { expectSameAnswers } from '../../../test/support/arrival/property.js';
import { fact } from '../../../test/support/facts.js';
import { eventually } from '../../../test/support/wait.js';
import { loadConfig } from './config.js';
import { Ingest } from './ingest/ingest.js';
import { createLog } from './ops/log.js';
import { Freshness } from './ops/freshness.js';
import { ListActivity } from './queries/activity.js';
import { GetCustomer } from './queries/customer.js';
import { ListOrders } from './queries/order.js';
import { ListRedeemables } from './queries/redeemable.js';
import { ListRedemptions } from './queries/redemption.js';
import { Reactions } from './reactions/reactions.js';
import { loadSecrets } from './secrets.js';
import { ServiceModule } from './service.module.js';

const PAGE = 100;

/** The service without HTTP and threads: facts, commands, rules, store, projector, read model, queries. */
class Parts implements Ledger {
  /** Many facts share a commit and a batch of the projector. */
  readonly histories_at_once = 32;
  readonly refused: Refused[] = [];
  private readonly over = new AbortController();
  private readonly working: Promise<unknown>;
  private position = 0n;
  private sentinels = 0;

  private constructor(
    private readonly app: INestApplicationContext,
    private readonly folder: string,
  ) {
    const { store, freshness } = this;
    const projector = new Projector(app.get(ReadModel), store, app.get(Decoder), {
      onBatch: ({ position }) => {
        this.position = position;
        freshness.advance(position);
      },
    });
    this.working = projector.run(this.over.signal);
    app.get(Reactions).start();
  }

  static async open(): Promise<Parts> {
    const folder = await mkdtemp(join(tmpdir(), 'ledger-parts-'));
    const config = loadConfig({ DATA_DIR: folder, LOG_LEVEL: 'error', LEDGER_KEYS: 'test:secret:admin' });
    // without threads, because these run compiled code
    config.ROLES = 'ingest';
    const log = createLog(config);
    const module = ServiceModule.with({ config, secrets: loadSecrets(config), log });
    return new Parts(
      await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false }),
      folder,
    );
  }

  async close(): Promise<void> {
    this.over.abort();
    await Promise.all([this.app.get(Reactions).stop(), this.working]);
    await this.app.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  async take(facts: readonly CloudEvent[]): Promise<void> {
    const sender = { app_id: 'test', request_id: 'v-0123456789abcdef01' };
    for (const one of await this.app.get(Ingest).take(facts.map(parseFact), sender)) {
      if (one.status !== 'rejected') continue;
      this.refused.push({ id: String(one.id), key: (one.error as { key: string }).key });
    }
  }

  /** Credits all referrals, then projects everything. */
  async settled(): Promise<void> {
    const [referee, referrer] = [`sentinel-${++this.sentinels}`, `sentinel-referrer-${this.sentinels}`];
    const said = { campaign: { id: 'c1' }, custom_event: { id: 'e' }, referrer: { source_id: referrer } };
    const sentinel = fact('customer.referred', '2024-01-01T00:00:00Z', { ...said, customer: { source_id: referee } });
    await this.take([sentinel as CloudEvent]);
    await eventually(async () => {
      expect(await this.read('document', referrer)).toMatchObject({ loyalty: { referred_customers: 1 } });
      expect(this.position).toBe(await this.store.head());
    });
  }

  async read(view: View, name: string): Promise<unknown> {
    switch (view) {
      case 'document': {
        const row = await this.ask(new GetCustomer(name));
        return row && (JSON.parse(row.document) as unknown);
      }
      case 'activity':
        return this.activity(name);
      case 'orders':
        return (await this.ask(new ListOrders({ customer: name, limit: PAGE, page: 1, order: '-created_at' })))?.orders;
      case 'redemptions':
        return (await this.ask(new ListRedemptions({ customer: name, limit: PAGE, page: 1, order: '-created_at' })))
          ?.redemptions;
      case 'redeemables':
        return (await this.ask(new ListRedeemables(name, { limit: PAGE, order: 'id' })))?.data;
      case 'segments':
        // without segments: passive ones follow from the document, active ones need the threads
        return [];
    }
  }

  private async activity(name: string): Promise<unknown[]> {
    const all: unknown[] = [];
    for (let cursor = {}; ;) {
      const page = await this.ask(new ListActivity(name, { limit: PAGE, order: '-created_at', ...cursor }));
      all.push(...(page?.data ?? []));
      if (page?.more_starting_after === undefined) return all;
      cursor = { starting_after_id: page.more_starting_after };
    }
  }

  private async ask<T>(query: Query<T>): Promise<T | undefined> {
    try {
      return await this.app.get(QueryBus).execute(query);
    } catch (error) {
      if (error instanceof ContractError && error.key === 'not_found') return undefined;
      throw error;
    }
  }

  private get store(): EventStore {
    return this.app.get(EventStore);
  }

  private get freshness(): Freshness {
    return this.app.get(Freshness);
  }
}

let parts: Parts;

beforeAll(async () => void (parts = await Parts.open()));
afterAll(() => parts.close());

describe('the same facts, permuted, duplicated and in other batches, give the same answers in the read model', () => {
  test.each(SEEDS)(`${RUNS.readModel} histories of seed %i`, (seed) => expectSameAnswers(parts, seed, RUNS.readModel));
});
