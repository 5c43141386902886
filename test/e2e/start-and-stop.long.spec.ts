import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Service } from '../support/service.js';
import { eventually } from '../support/wait.js';

test('a read model that was deleted is built again from the history', async () => {
  const first = await Service.start();
  const { body: created } = await first.call('POST', '/v1/customers', {
    body: { source_id: 'again-1', name: 'Again' },
  });
  await first.stop();
  for (const file of readdirSync(first.directory)) {
    if (file.startsWith('read-model.db')) rmSync(join(first.directory, file));
  }
  const second = await Service.start({ directory: first.directory });
  await eventually(async () => {
    expect((await second.call('GET', '/v1/customers/again-1')).body).toEqual(created);
  });
  await second.discard();
});

test('SIGTERM drains: requests under way are answered, the exit code is 0', async () => {
  const other = await Service.start();
  const open = Array.from({ length: 20 }, (_, n) =>
    other.call('POST', '/v1/customers', { body: { source_id: `drain-${n}` } }),
  );
  await Promise.race(open);
  const stopped = other.stop();
  const answers = await Promise.allSettled(open);
  await stopped;
  const again = await Service.start({ directory: other.directory });
  for (const [n, answer] of answers.entries()) {
    if (answer.status === 'fulfilled' && answer.value.status === 200) {
      expect((await again.call('GET', `/v1/customers/drain-${n}`)).status).toBe(200);
    }
  }
  await again.discard();
});

test.each(['', 'GET /v1/customers HTTP/1.1\r\nHost: '])(
  'SIGTERM waits for no connection that has sent only %j',
  async (sent) => {
    const other = await Service.start();
    const { hostname, port } = new URL(other.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(sent);
    await other.stop();
    await other.discard();
  },
);

test.each(['keys.db', 'events.db'])('a start without %s is refused, not a new beginning', async (lost) => {
  const first = await Service.start();
  await first.call('POST', '/v1/customers', { body: { source_id: 'lost-1', name: 'Lost' } });
  expect((await first.call('GET', '/v1/customers/lost-1')).status).toBe(200);
  await first.stop();
  for (const file of readdirSync(first.directory)) if (file.startsWith(lost)) rmSync(join(first.directory, file));
  await expect(Service.start({ directory: first.directory })).rejects.toThrow(/is missing|another history/);
  await expect(Service.start({ directory: first.directory })).rejects.toThrow(/is missing|another history/);
  await first.discard();
});

test('a directory has one service at a time', async () => {
  const service = await Service.start();
  await expect(Service.start({ directory: service.directory })).rejects.toThrow(/another service already runs/);
  await service.discard();
});

test('a wrong setting stops the start with a clear message', async () => {
  await expect(Service.start({ env: { PORT: 'http' } })).rejects.toThrow(/PORT/);
  await expect(Service.start({ env: { LEDGER_KEYS: 'no-role' } })).rejects.toThrow(/app-id:token:role/);
});
