import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createCustomer, eraseCustomer, record, updateCustomer } from '#customer';
import { at } from '../histories.double.js';
import { Log } from '../log.double.js';
import { Projector } from '../projecting/projector.js';
import { ReadModel } from '../read-model.js';

const CUSTOMERS = 300;
const mark = (i: number): string => `Zoe-${String(i).padStart(6, '0')}-Quux`;

/** The names that the database's files still contain. */
function readable(file: string): number[] {
  const files = ['', '-wal', '-journal', '-shm'].map((ending) => file + ending).filter((one) => existsSync(one));
  const bytes = Buffer.concat(files.map((one) => readFileSync(one)))
    .toString('latin1')
    .toLowerCase();
  return Array.from({ length: CUSTOMERS }, (_, i) => i).filter((i) => bytes.includes(mark(i).toLowerCase()));
}

test('an erasure leaves no personal data in the files, a deletion none in the rows', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'read-model-')), 'read.db');
  const model = await ReadModel.open({ file });
  const log = new Log();
  for (let i = 0; i < CUSTOMERS; i++) {
    const name = mark(i);
    log.decide(
      `cust_${(i * 7919) % CUSTOMERS}_${i}`,
      createCustomer,
      { source_id: name, name, email: `${name}@x.org`, address: { city: name }, metadata: { name } },
      at(i),
    );
  }
  for (let round = 0; round < 4; round++) {
    for (const [i, id] of log.ids.entries()) {
      log.decide(
        id,
        record.order,
        {
          id: `o${round}`,
          status: 'PAID',
          amount: 5,
          metadata: { note: `${mark(i)} ${'x'.repeat(37 * (i % 50))}` },
          customer: { id },
        },
        at(1000 * round + i),
      );
      log.decide(
        id,
        updateCustomer,
        { metadata: { [`key ${round}`]: `${mark(i)}${'y'.repeat(23 * ((i + round) % 40))}` } },
        at(1000 * round + i),
      );
    }
  }
  const projector = new Projector(model, log, log);
  for (let from = 0; from < log.events.length; from += 400) await projector.step(log.batch(from, from + 400));
  expect(readable(file)).toHaveLength(CUSTOMERS);

  const told = log.events.length;
  const erased = log.ids.map((_, i) => i).filter((i) => i % 3 === 0);
  for (const i of erased) log.decide(log.ids[i] ?? '', eraseCustomer, undefined, at(10_000));
  await projector.step(log.batch(told));

  expect(readable(file)).toEqual(log.ids.map((_, i) => i).filter((i) => i % 3 !== 0));
  expect((await model.customers({})).total).toBe(CUSTOMERS - erased.length);
  expect(await model.customer(log.ids[0] ?? '')).toBeUndefined();
  await model.close();
});
