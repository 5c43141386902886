import { expect, test } from '@jest/globals';
import { agreedHead } from './agreed-head.js';
import { loadConfig } from './config.js';

const config = loadConfig({});
const store_id = 'this one';

/** Another instance appends and projects between any two questions. */
function busy({ lead = 0n, id = store_id } = {}) {
  let end = 0n;
  const store = { head: async () => (end += 10n), identity: async () => store_id };
  const model = { reached: async () => ({ position: (end += 10n), newest: end + lead, store_id: id }) };
  return agreedHead(config, store, model);
}

test('what another instance projects meanwhile is no other history', async () => {
  expect(await busy()).toBe(20n);
});

test.each([{ lead: 11n }, { id: 'another one' }])(
  'a read model that is ahead or of another store is: %j',
  async (how) => {
    await expect(busy(how)).rejects.toThrow('another history');
  },
);
