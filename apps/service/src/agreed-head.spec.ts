import { expect, test } from '@jest/globals';
import { agreedHead } from './agreed-head.js';
import { loadConfig } from './config.js';

const config = loadConfig({});
const store_id = 'this one';

/** Databases that another instance advances between any two reads. */
function busy(of: 'rows' | 'records', { lead = 0n, id = store_id } = {}) {
  let end = 0n;
  const store = { head: async () => (end += 10n), identity: async () => store_id };
  const reached = async (is: typeof of) => {
    end += 10n;
    return { position: end, newest: is === of ? end + lead : end, store_id: is === of ? id : store_id };
  };
  return agreedHead(config, store, { reached: () => reached('rows') }, { reached: () => reached('records') });
}

test('a database that another instance advances meanwhile belongs to the same history', async () => {
  expect(await busy('rows')).toBe(40n);
});

test.each([{ lead: 41n }, { id: 'another one' }])(
  'a read model that is ahead or of another store belongs to another history: %j',
  async (how) => {
    await expect(busy('rows', how)).rejects.toThrow('read-model.db was built from another history');
  },
);

test.each([{ lead: 41n }, { id: 'another one' }])(
  'operations that are ahead or of another store belong to another history: %j',
  async (how) => {
    await expect(busy('records', how)).rejects.toThrow('operations.db belongs to another history');
  },
);
