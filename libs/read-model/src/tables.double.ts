import type { Log } from './log.double.js';
import { Projector } from './projecting/projector.js';
import type { ReadModel } from './read-model.js';

const TABLES = ['customers', 'orders', 'redemptions', 'entities', 'activities', 'parked', 'counters'] as const;

/** All projected rows, as sorted texts. */
export async function rows(model: ReadModel): Promise<Record<string, string[]>> {
  const all = await Promise.all(
    TABLES.map(async (table) => [table, await model.db.selectFrom(table).selectAll().execute()] as const),
  );
  return Object.fromEntries(
    all.map(([table, list]) => [
      table,
      list
        .map((row) => JSON.stringify(row))
        .filter((row) => !row.includes('purge_due'))
        .sort(),
    ]),
  );
}

/** Resets the tables to the state before any projection. */
export async function clear(model: ReadModel): Promise<void> {
  for (const table of [...TABLES, 'shards' as const, 'layouts' as const, 'members' as const])
    await model.db.deleteFrom(table).execute();
  const counters = ['customers_active', 'purge_due'].map((name) => ({ name, value: 0 }));
  await model.db.insertInto('counters').values(counters).execute();
}

/** Projects a whole log in one batch into empty tables. */
export async function projectAnew(model: ReadModel, log: Log): Promise<void> {
  await clear(model);
  await new Projector(model, log, log).step(log.batch());
}

/** The rows that `projectAnew` makes. */
export async function atOnce(model: ReadModel, log: Log): Promise<Record<string, string[]>> {
  await projectAnew(model, log);
  return rows(model);
}
