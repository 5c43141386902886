import { expect, test } from '@jest/globals';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { Service } from '../support/service.js';
import { eventually } from '../support/wait.js';

const PARTS = ['', '-wal', '-shm'];
const NOTHING = Buffer.alloc(60).toString('hex');

/** Every file of a database, put aside or brought back. */
function copy(directory: string, database: string, way: 'aside' | 'back'): void {
  for (const part of PARTS) {
    const [file, backup] = [join(directory, `${database}${part}`), join(directory, `backup.${database}${part}`)];
    if (way === 'back') rmSync(file, { force: true });
    const [from, to] = way === 'aside' ? [file, backup] : [backup, file];
    if (existsSync(from)) copyFileSync(from, to);
  }
}

test('a person who was forgotten stays so when older keys and rows are brought back, and through rebuilds', async () => {
  let service = await Service.start();
  const { directory } = service;
  const { body: person } = await service.call('POST', '/v1/customers', {
    body: { source_id: 'zed', name: 'Zed Forgotten' },
  });
  await service.call('POST', '/v1/customers', { body: { source_id: 'kept', name: 'Kept' } });
  await service.stop();
  for (const database of ['keys.db', 'read-model.db']) copy(directory, database, 'aside');

  service = await Service.start({ directory });
  await service.call('POST', `/v1/customers/${person.id}/permanent-deletion`);
  await service.stop();
  for (const database of ['keys.db', 'read-model.db']) copy(directory, database, 'back');

  service = await Service.start({ directory });
  const isGone = async (): Promise<void> => {
    const { body, text } = await service.call('GET', `/v1/customers/${person.id}/history`);
    expect(body.events[0]).toMatchObject({ type: 'CustomerCreated', erased: true });
    expect(text).not.toContain('Forgotten');
    expect((await service.call('GET', `/v1/customers/${person.id}`)).status).toBe(404);
    const { body: list } = await service.call('GET', '/v1/customers');
    expect(list.customers.map(({ source_id }: { source_id: string }) => source_id)).toEqual(['kept']);
  };
  await eventually(isGone);
  const { body: bundle } = await service.call('GET', '/v1/customers/kept/bundle?with_key=true', {
    headers: { accept: 'application/json' },
  });
  expect(Object.keys(bundle.keys as object)).toHaveLength(1);

  for (const path of ['/v1/rebuilds', '/v1/rebuilds/switch-back']) {
    const { status, body } = await service.call('POST', path, { body: {} });
    expect(status).toBe(202);
    await eventually(async () => {
      expect((await service.call('GET', `/v1/rebuilds/${body.id}`)).body).toMatchObject({ is_open: false });
    });
    await isGone();
  }
  await service.stop();

  const db = new Database(join(directory, 'keys.db'), { readonly: true });
  const wrapped = db.prepare("SELECT hex(wrapped) FROM keys WHERE destroyed_at < '9999'").raw().all().flat();
  db.close();
  expect(wrapped).toEqual([NOTHING]);
  const files = readdirSync(directory).filter((name) => !name.startsWith('backup.'));
  expect(files.filter((name) => readFileSync(join(directory, name)).includes('Forgotten'))).toEqual([]);
  await service.discard();
});

test('without its read model a service has lost nothing: webhooks, deliveries, schemas, actions, exports and their files', async () => {
  let service = await Service.start({ env: { WEBHOOKS_ALLOW_PRIVATE: 'true' } });
  const { directory } = service;
  const target_url = 'http://127.0.0.1:9/';
  const call = async (method: string, path: string, body?: unknown) =>
    (await service.call(method, path, { body })).body;
  const hook = await call('POST', '/v1/webhooks', { target_url, events: ['customer.created', 'customer.deleted'] });
  const person = await call('POST', '/v1/customers', { source_id: 'zed', name: 'Zed' });
  await call('POST', '/v1/customers', { source_id: 'kept', name: 'Kept' });
  const deliveries = async () =>
    (await call('GET', `/v1/webhooks/${hook.id}/deliveries?limit=100`)).deliveries as Record<
      'id' | 'type' | 'event_id' | 'state',
      string
    >[];
  await eventually(async () => expect(await deliveries()).toHaveLength(2));
  await call('PUT', '/v1/metadata-schemas/customer', { properties: { note: { type: 'string' } } });
  // erased before the files are made: made anew, the rows come past this once more
  await call('POST', `/v1/customers/${person.id}/permanent-deletion`);
  await eventually(async () => expect(await deliveries()).toHaveLength(3));
  const rows = new Database(join(directory, 'operations.db'), { readonly: true });
  const checkpoint = rows.prepare("select position from shards where work = 'forget-files'");
  await eventually(async () => expect(checkpoint.raw().all()).toEqual([[expect.stringMatching(/^[1-9]/)]]));
  rows.close();
  const { async_action_id } = await call('POST', '/v1/customers/bulk/async', [{ source_id: 'kept', phone: '1' }]);
  const { id } = await call('POST', '/v1/exports', { exported_object: 'customer' });
  const stands = async () => {
    const action = await call('GET', `/v1/async-actions/${async_action_id}`);
    const made = await call('GET', `/v1/exports/${id}`);
    expect([action.status, made.status]).toEqual(['DONE', 'DONE']);
    const texts = [action.result.reports[0], made.result.url].map((url: string) => new URL(url));
    const read = async ({ pathname, search }: URL) => (await fetch(service.url + pathname + search)).text();
    const lists = await Promise.all(['/v1/webhooks', '/v1/metadata-schemas'].map((path) => call('GET', path)));
    // what a try changes is left out: one may come in between
    const told = (await deliveries()).map(({ id, type, event_id, state }) => ({ id, type, event_id, state }));
    return [...lists, told, ...(await Promise.all(texts.map(read)))];
  };
  await eventually(async () => void (await stands()));
  const was = await stands();
  await service.stop();
  for (const part of PARTS) rmSync(join(directory, `read-model.db${part}`), { force: true });

  service = await Service.start({ directory, env: { WEBHOOKS_ALLOW_PRIVATE: 'true' } });
  await eventually(async () => expect((await service.call('GET', '/health/ready')).status).toBe(200));
  expect((await call('GET', '/v1/customers')).total).toBe(1);
  expect(await stands()).toEqual(was);
  await service.discard();
});
