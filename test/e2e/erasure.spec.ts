import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ended } from '../support/async-action.js';
import { fact } from '../support/facts.js';
import { Service } from '../support/service.js';
import { eventually } from '../support/wait.js';

const PERSONAL = [
  'Zebulon Quartermaine',
  'zebulon.q@example.test',
  '+48-555-0199',
  'Nightingale Lane 7',
  '1971-03-09',
  'prefers-zinnias',
  'zebulon-source-id',
];

test('a forgotten person is in none of the files, the key is gone, the others stay', async () => {
  const service = await Service.start({ env: { LOG_LEVEL: 'trace' } });
  const [name, email, phone, line_1, birthdate, taste, source_id] = PERSONAL;
  const { body: person } = await service.call('POST', '/v1/customers', {
    body: {
      source_id,
      name,
      email,
      phone,
      birthdate,
      address: { line_1, city: 'Poznań' },
      metadata: { taste },
      description: `${name} likes us`,
    },
  });
  await service.facts([
    fact('order.paid', '2024-05-01T10:00:00Z', {
      id: 'o-1',
      amount: 5,
      metadata: { note: `for ${name}` },
      customer: { source_id },
    }),
    fact('customer.custom_event', '2024-05-01T10:00:00Z', {
      type: 'visited',
      metadata: { who: email },
      customer: { id: person.id },
    }),
  ]);
  await service.call('POST', '/v1/customers', { body: { source_id: 'neighbour', name: 'Stays Here' } });
  await service.call('GET', `/v1/customers/${encodeURIComponent(source_id ?? '')}`);
  expect((await service.call('GET', `/v1/customers?email=${email}`)).body.total).toBe(1);

  // files that tell of the person: an export that names them twice, a report, an import
  const filters = { junction: 'and', email: { conditions: { $is: [email] } } };
  const parameters = { fields: ['name', 'email', 'phone', 'source_id'], order: 'name', filters };
  const asked = { body: { exported_object: 'customer', parameters } };
  const { body: made } = await service.call('POST', '/v1/exports', asked);
  await eventually(async () => expect((await service.call('GET', `/v1/exports/${made.id}`)).body.status).toBe('DONE'));
  const { body: bulk } = await service.call('POST', '/v1/customers/bulk/async', { body: [{ source_id, phone, name }] });
  expect((await ended(service, bulk.async_action_id)).body).toMatchObject({ status: 'DONE' });
  const found = (text: string): string[] =>
    readdirSync(service.directory).filter((file) => readFileSync(join(service.directory, file)).includes(text));
  // otherwise there is nothing to be forgotten there
  expect(found(name ?? '')).toEqual(expect.arrayContaining([expect.stringMatching(/^operations\.db/)]));

  const { status, body } = await service.call('POST', `/v1/customers/${person.id}/permanent-deletion`, { body: {} });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    related_object_id: person.id,
    status: 'DONE',
    object: 'pernament_deletion',
    data_json: { customer: 1, orders: 1 },
  });
  for (const path of [person.id, source_id, `${person.id}/activity`]) {
    expect((await service.call('GET', `/v1/customers/${path}`)).status).toBe(404);
  }
  expect((await service.call('GET', `/v1/customers?email=${email}`)).body.total).toBe(0);
  expect((await service.call('GET', '/v1/customers/neighbour')).body.name).toBe('Stays Here');
  await eventually(async () => expect((await service.call('GET', `/v1/exports/${made.id}`)).status).toBe(404));
  await service.stop();

  for (const file of readdirSync(service.directory)) {
    const bytes = readFileSync(join(service.directory, file));
    for (const text of PERSONAL) expect([file, text, bytes.includes(text)]).toEqual([file, text, false]);
  }
  const log = service.output.join('\n');
  for (const text of PERSONAL) expect([text, log.includes(text)]).toEqual([text, false]);

  const again = await Service.start({ directory: service.directory });
  expect((await again.call('GET', `/v1/customers/${person.id}`)).status).toBe(404);
  const { body: reborn } = await again.call('POST', '/v1/customers', { body: { source_id } });
  expect(reborn.id).not.toBe(person.id);
  expect(reborn).not.toHaveProperty('name');
  await again.discard();
});
