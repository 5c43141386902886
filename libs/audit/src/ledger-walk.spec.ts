import { expect, test } from '@jest/globals';
import { customerStream } from '#customer';
import { Ledger } from './history.double.js';
import { type BadRecord, LedgerWalk } from './ledger-walk.js';

/** More than one batch of hidden(). */
const CUSTOMERS = 150;

test('hidden() names exactly the stream that a store hides from its readers', async () => {
  const ledger = new Ledger();
  for (let n = 0; n < CUSTOMERS; n++)
    await ledger.tell(
      `c${n}`,
      { rule: 'order', input: { id: 'o', status: 'PAID' }, at: '2026-01-01T00:00:00.000Z' },
      1,
    );
  const walked = async (): Promise<BadRecord[]> => {
    const walk = new LedgerWalk();
    for await (const event of ledger.store.readAll()) expect(walk.take(event)).toBeUndefined();
    const hidden: BadRecord[] = [];
    for await (const bad of walk.hidden(ledger.store)) hidden.push(bad);
    return hidden;
  };
  expect(await walked()).toEqual([]);
  await ledger.store.delete(customerStream('c70'), 'any');
  await ledger.store.delete(customerStream('c149'), 'any', 'hard');
  const hidden = { revision: 0, reason: 'hidden' };
  expect(await walked()).toEqual([
    { stream: customerStream('c70'), ...hidden },
    { stream: customerStream('c149'), ...hidden },
  ]);
});
