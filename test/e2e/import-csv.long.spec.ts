import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CustomerObject } from '@voucherify/sdk';
import fc from 'fast-check';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended } from '../support/async-action.js';
import { OpenApi } from '../support/openapi.js';
import { sdk } from '../support/sdk.js';
import { KEYS, Service } from '../support/service.js';

let service: Service;
let openapi: OpenApi;
let client: ReturnType<typeof sdk>;
let directory: string;

beforeAll(async () => {
  service = await Service.start();
  openapi = await OpenApi.of(service);
  client = sdk(service, openapi);
  directory = await mkdtemp(join(tmpdir(), 'ledger-csv-'));
});

afterAll(async () => {
  await service.discard();
  await rm(directory, { recursive: true });
});

const AUTH = { 'x-app-id': KEYS.write.app_id, 'x-app-token': KEYS.write.token };

async function upload(
  content: string | Uint8Array<ArrayBuffer>,
  name = 'file',
): Promise<{ status: number; body: Record<string, string> }> {
  const form = new FormData();
  form.append(name, new Blob([content], { type: 'text/csv' }), 'customers.csv');
  const answer = await fetch(`${service.url}/v1/customers/importCSV`, { method: 'POST', headers: AUTH, body: form });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
}

/** The outcome of a file. */
async function imported(content: string): Promise<Record<string, unknown>> {
  const { status, body } = await upload(content);
  expect(status).toBe(202);
  const action = await ended(service, body['async_action_id'] ?? '');
  expect(openapi.problems('AsyncAction', action)).toEqual([]);
  expect(action.body).toMatchObject({ type: 'CUSTOMERS.IMPORT_CSV', status: 'DONE' });
  return action.body.result;
}

test('customers.importCSV of the official SDK, polled as its own test does', async () => {
  const file = join(directory, 'customers.csv');
  await writeFile(
    file,
    'Name,Email,Phone,Birthdate,Source_id,Address_line_1,Address_line_2,Address_Postal_Code,Address_City,Address_State,Address_Country,Description,favourite_brands\n' +
      'John Smith,john@example.test,+48 123,1990-05-06,csv-1,Main St 1,,00-001,Warsaw,,Poland,"Says ""hi"",\nthen goes",Nike\n',
  );
  const { async_action_id } = await client.customers.importCSV(file);
  let action = await client.asyncActions.get(async_action_id);
  while (action.status === 'IN_PROGRESS') {
    await sleep(20);
    action = await client.asyncActions.get(async_action_id);
  }
  expect(action).toMatchObject({
    status: 'DONE',
    result: { message: '1 customer(s) imported successfully, 0 failed.', failed: [], done_count: 1, failed_count: 0 },
  });
  expect(await client.customers.get('csv-1')).toMatchObject({
    name: 'John Smith',
    phone: '+48 123',
    birthdate: '1990-05-06',
    description: 'Says "hi",\nthen goes',
    address: { line_1: 'Main St 1', postal_code: '00-001', city: 'Warsaw', country: 'Poland' },
    metadata: { favourite_brands: 'Nike' },
  });
});

test('short headers in any case, a byte order mark, and ends of lines as Windows has them', async () => {
  expect(await imported('\uFEFFSOURCE_ID,city,Postal_Code,Country\r\ncsv-2,Turin,10100,Italy\r\n')).toMatchObject({
    done_count: 1,
  });
  expect(await client.customers.get('csv-2')).toMatchObject({
    address: { city: 'Turin', postal_code: '10100', country: 'Italy' },
  });
});

test('a row is all that there is of a customer: what it leaves out is gone', async () => {
  const before = await client.customers.create({
    ...{
      source_id: 'csv-3',
      name: 'Old',
      phone: '1',
      metadata: { a: 1, b: 2 },
      address: { city: 'Rome', state: 'RM' },
    },
  });
  await imported('Source_id,Name,City,b\ncsv-3,New,Milan,two\n');
  const after = (await client.customers.get('csv-3')) as CustomerObject;
  expect(after).toMatchObject({ name: 'New', address: { city: 'Milan' }, metadata: { b: 'two' } });
  expect(after).toMatchObject({ id: (before as { id: string }).id });
  expect(after).not.toHaveProperty('phone');
  expect(after.address).not.toHaveProperty('state');
  expect(after.metadata).toEqual({ b: 'two' });
  await imported('Id,Name\n' + `${after.id},Newest\n`);
  expect(await client.customers.get('csv-3')).toMatchObject({ id: after.id, name: 'Newest', address: null });
});

test('rows that cannot be taken are named with their numbers, the others are imported', async () => {
  const result = await imported(
    'Source_id,Id,Name,Birthdate\nrow-1,,One,\n,,Nobody,\nrow-3,,Three,yesterday\n,cust_nobody,Four,\nrow-5,,a,,b\nrow-1,,again,\n',
  );
  expect(result).toEqual({
    message: '1 customer(s) imported successfully, 5 failed.',
    done_count: 1,
    failed_count: 5,
    failed: [
      { row: 2, reason: 'There is neither Source_id nor Id' },
      { source_id: 'row-3', row: 3, reason: 'Property .birthdate cannot be recognized as a ISO-8601 compliant date' },
      { row: 4, reason: 'Cannot find customer with id cust_nobody' },
      { source_id: 'row-5', row: 5, reason: 'There are more cells than in the header' },
      { source_id: 'row-1', row: 6, reason: 'The customer is in the file more than once' },
    ],
  });
});

test('a header alone imports no customer', async () => {
  expect(await imported('Source_id\n')).toMatchObject({ done_count: 0, failed_count: 0, failed: [] });
});

describe('refused', () => {
  test.each([
    ['an empty file', '', 'The file has no header'],
    ['no column that names customers', 'Name\nA\n', 'The header should have a column Source_id or Id'],
    ['a column twice', 'Source_id,City,Address_City\n', 'The header names city twice'],
    ['a quote that never ends', 'Source_id\n"a\n', 'The file cannot be read in line 2: CSV_QUOTE_NOT_CLOSED'],
    ['names as Windows writes them', Buffer.from('Source_id,Name\nlatin,Jos\xe9\n', 'latin1'), 'The file is not UTF-8'],
    ['text of two bytes a letter', Buffer.from('\uFEFFSource_id\na\n', 'utf16le'), 'The file is not UTF-8'],
    ['half a letter at its end', Buffer.from('Source_id\na\xc3', 'latin1'), 'The file is not UTF-8'],
  ])('%s', async (_, content, details) => {
    const { status, body } = await upload(typeof content === 'string' ? content : new Uint8Array(content));
    expect({ status, ...body }).toMatchObject({ status: 400, key: 'invalid_payload', details });
  });

  test('another part, another type, no boundary, a file over 10 MB', async () => {
    expect((await upload('a', 'other')).body['details']).toBe("Payload should have required property 'file'");
    const send = (type: string, body: string) =>
      service.call('POST', '/v1/customers/importCSV', { raw: body, headers: { 'content-type': type } });
    expect((await send('application/json', '[]')).status).toBe(415);
    expect((await send('multipart/form-data', 'x')).status).toBe(400);
    expect((await send('multipart/form-data; boundary=x', '--x\r\nContent-Dispo')).status).toBe(400);
    const part = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nSource_id\r\n';
    const two = await send('multipart/form-data; boundary=x', `${part}${part}--x--\r\n`);
    expect(two.body).toMatchObject({ code: 400, details: "Payload should have one property 'file'" });
    expect((await send('Multipart/Form-Data; boundary=x', `${part}--x--\r\n`)).status).toBe(202);
    expect((await upload('x'.repeat(10_485_761))).status).toBe(413);
  });
});

test('whatever a file holds, it is imported or refused, never an internal error', async () => {
  const cell = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('"', '""', '\0', '=1+1', '\r', '\uD800', '__proto__', ',', 'Source_id', 'null'),
  );
  const file = fc.oneof(
    fc.array(fc.array(cell, { maxLength: 6 }), { maxLength: 6 }).map((rows) => `Source_id,Name,x\n${rows.join('\n')}`),
    fc.array(fc.array(cell, { maxLength: 6 }), { maxLength: 6 }).map((rows) => rows.join('\n')),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
  );
  await fc.assert(
    fc.asyncProperty(file, async (content) => {
      const { status, body } = await upload(content);
      expect([202, 400]).toContain(status);
      if (status === 202) expect((await ended(service, body['async_action_id'] ?? '')).body.status).toBe('DONE');
    }),
    { numRuns: 150 },
  );
});
