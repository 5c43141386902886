import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ReadModel } from '../read-model.js';

/** The contract of exports on every database. */
export function exportRowsContract(open: () => Promise<ReadModel>): void {
  let model: ReadModel;

  beforeEach(async () => {
    model = await open();
  });
  afterEach(() => model.close());

  test.each(['id', 'name', 'email', 'source_id', 'created_at', 'updated_at'])(
    'pages of an export by %s, either way, give every customer once and in order',
    async (order) => {
      await fill();
      for (const limit of [1, 2, 3, 50]) {
        const up = await everyone(order, limit);
        expect(up.toSorted()).toEqual(Array.from({ length: 9 }, (_, n) => `c${n}`));
        expect(await everyone(`-${order}`, limit)).toEqual(up.toReversed());
      }
    },
  );

  async function everyone(order: string, limit: number): Promise<string[]> {
    const ids: string[] = [];
    for (let cursor: readonly (string | null)[] | undefined; ;) {
      const { rows, next } = await model.exportRows('customer', order, cursor, limit);
      ids.push(...rows.map(({ id }) => id));
      if (!next) return ids;
      cursor = next;
    }
  }

  /** Nine customers; some lack a name, an email or a source id, and some share them. */
  async function fill(): Promise<void> {
    const rows = Array.from({ length: 9 }, (_, n) => ({
      id: `c${n}`,
      status: 'active' as const,
      source_id: n % 4 === 0 ? null : `s${9 - n}`,
      name_key: n % 3 === 0 ? null : `name ${n % 2}`,
      email_key: n % 2 === 0 ? null : 'one@example.test',
      city_key: null,
      created_at: `2024-01-0${1 + (n % 3)}T00:00:00.000Z`,
      changed_at: `2024-02-0${1 + (n % 2)}T00:00:00.000Z`,
      ...{ revision: 0, position: String(n), head: '{}', document: JSON.stringify({ id: `c${n}` }) },
    }));
    await model.db.insertInto('customers').values(rows).execute();
    const gone = { ...rows[0], id: 'gone', status: 'deleted' as const, revision: 0, position: '9', head: '{}' };
    await model.db.insertInto('customers').values(gone).execute();
  }
}
