import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseFact } from '#contract';
import { Rejection, toDocument } from '#customer';
import { fact } from '../../../../test/support/facts.js';
import { loadConfig } from '../config.js';
import { Ingest } from '../ingest/ingest.js';
import { Clock } from '../ops/clock.js';
import { createLog } from '../ops/log.js';
import { loadSecrets } from '../secrets.js';
import { ServiceModule } from '../service.module.js';
import { ChangeConsents } from './consent.js';
import type { CustomerCommand } from './customer-command.js';
import { UpdateCustomer } from './profile.js';

/* R8: at the last representable millisecond nothing can be dated later, and the later revision wins. */

const LAST_MS = '9999-12-31T23:59:59.999Z';
const LAST = '9999-12-31T23:59:59.999999999Z';
const context = { actor: { channel: 'API' }, correlation_id: 'v-0123456789abcdef01' };

let app: INestApplicationContext;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-last-'));
  const config = loadConfig({ DATA_DIR: folder, LOG_LEVEL: 'error', LEDGER_KEYS: 'test:secret:admin' });
  // without threads, because these run compiled code
  config.ROLES = 'ingest';
  const module = ServiceModule.with({ config, secrets: loadSecrets(config), log: createLog(config) });
  app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  Object.assign(app.get(Clock), { now: () => LAST_MS });
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

async function told(type: string, data: object): Promise<void> {
  const sender = { app_id: 'test', request_id: context.correlation_id };
  const [verdict] = await app.get(Ingest).take([parseFact(fact(type, LAST_MS, data))], sender);
  expect(verdict).toMatchObject({ status: 'accepted' });
}

/** The time of a command's event, and the document after it. */
async function commanded(command: CustomerCommand<unknown>) {
  const outcome = await app.get(CommandBus).execute(command);
  if (outcome instanceof Rejection) throw new Error(outcome.code);
  const { customer_id, state } = outcome;
  return { document: toDocument(customer_id, state), dated: state.head.last_at };
}

test('each command after a fact at the last millisecond is read next, repeatedly', async () => {
  await told('customer.created', { source_id: 'ada', name: 'Fact', address: { city: 'Fact' } });
  for (const name of ['First', 'Second', 'A third']) {
    const said = { name, address: name === 'Second' ? null : { city: name } };
    const { document, dated } = await commanded(new UpdateCustomer({ source_id: 'ada' }, said, LAST_MS, context));
    expect(document).toMatchObject({ name, address: said.address });
    expect(dated).toBe(LAST);
  }
});

test('consents after such a fact are read next: given, denied and given again', async () => {
  await told('customer.consents.revoked', { consents: [{ id: 'news' }], customer: { source_id: 'bob' } });
  for (const consents of [{ news: true }, { unsubscribed: true }, { news: true }, { news: false }, { news: true }]) {
    const { document, dated } = await commanded(
      new ChangeConsents({ source_id: 'bob' }, { consents }, LAST_MS, context),
    );
    const { news } = (document['system_metadata'] as { consents: Record<string, { value: boolean }> }).consents;
    expect(news?.value).toBe('news' in consents && consents.news);
    expect(dated).toBe(LAST);
  }
});
