import { expect, test } from '@jest/globals';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { Service } from '../support/service.js';

const KEYS = ['keys.db', 'keys.db-wal'];
const NOTHING = Buffer.alloc(60).toString('hex');

test('a person who was forgotten stays so when older keys are brought back, and is never shown', async () => {
  let service = await Service.start();
  const { directory } = service;
  const { body: person } = await service.call('POST', '/v1/customers', {
    body: { source_id: 'zed', name: 'Zed Forgotten' },
  });
  await service.call('POST', '/v1/customers', { body: { source_id: 'kept', name: 'Kept' } });
  await service.stop();
  for (const name of KEYS)
    if (existsSync(join(directory, name))) copyFileSync(join(directory, name), join(directory, `${name}.backup`));

  service = await Service.start({ directory });
  await service.call('POST', `/v1/customers/${person.id}/permanent-deletion`);
  await service.stop();
  for (const name of [...KEYS, 'keys.db-shm']) rmSync(join(directory, name), { force: true });
  for (const name of KEYS)
    if (existsSync(join(directory, `${name}.backup`)))
      copyFileSync(join(directory, `${name}.backup`), join(directory, name));

  service = await Service.start({ directory });
  const { body, text } = await service.call('GET', `/v1/customers/${person.id}/history`);
  expect(body.events[0]).toMatchObject({ type: 'CustomerCreated', erased: true });
  expect(text).not.toContain('Forgotten');
  expect((await service.call('GET', '/v1/customers/kept')).body.name).toBe('Kept');
  const { body: created } = await service.call('GET', '/v1/customers/kept/bundle?with_key=true', {
    headers: { accept: 'application/json' },
  });
  expect(Object.keys(created.keys as object)).toHaveLength(1);
  await service.stop();

  const db = new Database(join(directory, 'keys.db'), { readonly: true });
  const wrapped = db.prepare("SELECT hex(wrapped) FROM keys WHERE destroyed_at < '9999'").raw().all().flat();
  db.close();
  expect(wrapped).toEqual([NOTHING]);
  await service.discard();
});
