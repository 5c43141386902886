import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { random } from '../support/random.js';
import { KEYS, Service } from '../support/service.js';

/* Purchases in the CDNOW format (customer, sample id, yyyymmdd, CDs, dollars), made up with a seed. */

const CUSTOMERS = 120;
const SEED = 1997;

interface Purchase {
  readonly customer: string;
  readonly date: string;
  readonly cents: number;
}

let service: Service;
let file: string;
const purchases = madeUp();

beforeAll(async () => {
  service = await Service.start();
  file = join(service.directory, 'purchases.txt');
  const lines = purchases.map(
    ({ customer, date, cents }, n) =>
      ` ${customer} ${String(n % 1_000).padStart(4, '0')} ${date}  2 ${(cents / 100).toFixed(2).padStart(7)}`,
  );
  await writeFile(file, `${lines.join('\r\n')}\r\n`);
});

afterAll(async () => {
  await service.discard();
});

test('every customer’s figures equal an independent computation from the file', async () => {
  expect(await ledger('import', 'cdnow', file)).toMatch(new RegExp(`${purchases.length} accepted`));
  const { body: list } = await service.call('GET', '/v1/customers?limit=1');
  const ids = [...new Set(purchases.map(({ customer }) => customer))];
  expect(list.total).toBe(ids.length);
  for (const id of ids) {
    const { body } = await service.call('GET', `/v1/customers/cdnow-${id}`);
    expect({ id, ...body.summary.orders, last_order_date: body.summary.orders.last_order_date.slice(0, 10) }).toEqual({
      id,
      ...expected(id),
    });
  }
});

test('again is nothing; from the start again is all known', async () => {
  expect(await ledger('import', 'cdnow', file)).toMatch(/0 accepted, 0 already known, 0 rejected/);
  expect(await ledger('import', 'cdnow', file, '--restart')).toMatch(
    new RegExp(`0 accepted, ${purchases.length} already known`),
  );
});

function expected(id: string): object {
  const own = purchases.filter(({ customer }) => customer === id);
  const sum = own.reduce((cents, one) => cents + one.cents, 0);
  const last = own.reduce((latest, one) => (one.date >= latest.date ? one : latest));
  return {
    total_amount: sum,
    total_count: own.length,
    average_amount: Math.floor((2 * sum + own.length) / (2 * own.length)),
    last_order_amount: last.cents,
    last_order_date: `${last.date.slice(0, 4)}-${last.date.slice(4, 6)}-${last.date.slice(6)}`,
  };
}

/** Some buy several times a day, some for nothing. */
function madeUp(): Purchase[] {
  const next = random(SEED);
  return Array.from({ length: CUSTOMERS }, (_, n) => String(n * 7 + 4).padStart(5, '0')).flatMap((customer) =>
    Array.from({ length: 1 + Math.floor(next() * 8) }, () => {
      const date = `1997${String(1 + Math.floor(next() * 12)).padStart(2, '0')}${String(1 + Math.floor(next() * 5)).padStart(2, '0')}`;
      return { customer, date, cents: next() < 0.05 ? 0 : Math.floor(next() * 20_000) };
    }).sort((a, b) => (a.date < b.date ? -1 : 1)),
  );
}

/** The command line as its users run it, with the key that the test reads by; what it prints. */
async function ledger(...args: readonly string[]): Promise<string> {
  const state = ['--state-dir', join(service.directory, 'state')];
  const child = spawn(process.execPath, ['dist/apps/cli/src/main.js', ...args, ...state], {
    env: {
      PATH: process.env['PATH'],
      LEDGER_URL: service.url,
      LEDGER_KEY: `${KEYS.admin.app_id}:${KEYS.admin.token}`,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number];
  expect([code, output]).toEqual([0, output]);
  return output;
}
