import { expect, test } from '@jest/globals';
import { UnreadableEvent } from '#event-store';
import { ledgerOf } from './history.double.js';
import { History } from './history.js';

const ID = 'cust_x';

test('a history with an unreadable event yields everything before it', async () => {
  const order = (n: number) =>
    [
      { rule: 'order' as const, input: { id: `ord_${n}`, status: 'PAID' }, at: `2024-05-0${n}T10:00:00.000Z` },
      1,
    ] as const;
  const ledger = await ledgerOf(ID, [order(1), order(2), order(3)]);
  const store = {
    async *read(stream: string) {
      for await (const event of ledger.store.read(stream))
        yield event.revision === 2 ? { ...event, type: 'Nonsense' } : event;
    },
  };
  const seen: number[] = [];
  const reading = (async () => {
    for await (const { recorded } of new History(store, ledger.decoder).events(ID)) seen.push(recorded.revision);
  })();
  await expect(reading).rejects.toThrow(UnreadableEvent);
  await expect(reading).rejects.toMatchObject({ revision: 2 });
  expect(seen).toEqual([0, 1]);
});
