import {
  type CreateIndexNode,
  type IdentifierNode,
  type Kysely,
  type KyselyPlugin,
  OperationNodeTransformer,
  type PrimaryKeyConstraintNode,
  type RootOperationNode,
  type TableNode,
} from 'kysely';
import { FOLD_VERSION } from '#customer';
import type { Words } from '#database';
import { indexes, tables } from '../migrations/0001-start.js';
import { orderColumns, orderIndexes } from '../migrations/0004-orders.js';
import { memberIndexes } from '../migrations/0005-segment-looks.js';
import { flipIndexes } from '../migrations/0008-flips.js';
import { activityColumns, activityIndexes } from '../migrations/0010-activity-objects.js';
import type { Db } from '../statements.js';
import type { GenerationsTable } from '../schema.js';

/**
 * The tables of a generation; all other tables exist once. In the order in which readers open them, so that locking
 * them in turn cannot deadlock with a reader that has begun.
 */
export const BOUND = ['counters', 'activities', 'customers', 'orders', 'redemptions', 'entities', 'parked'] as const;

/** A generation beside the live one: the next one, being built, or the former one. */
export type Other = Exclude<GenerationsTable['name'], 'live'>;

const isBound = (table: string): boolean => (BOUND as readonly string[]).includes(table);
export const tableOf = (generation: Other, table: string): string => `${generation}_${table}`;

/** Rewrites queries to a generation's tables. Index names carry a number, because they stay when tables are renamed. */
class Renaming extends OperationNodeTransformer {
  constructor(
    private readonly generation: Other,
    private readonly number: number,
  ) {
    super();
  }

  protected override transformTable(node: TableNode): TableNode {
    const { identifier } = node.table;
    if (!isBound(identifier.name)) return node;
    return {
      ...node,
      table: { ...node.table, identifier: named(identifier, tableOf(this.generation, identifier.name)) },
    };
  }

  protected override transformCreateIndex(node: CreateIndexNode): CreateIndexNode {
    return super.transformCreateIndex({ ...node, name: named(node.name, `g${this.number}_${node.name.name}`) });
  }

  protected override transformPrimaryKeyConstraint(node: PrimaryKeyConstraintNode): PrimaryKeyConstraintNode {
    const { name } = node;
    return super.transformPrimaryKeyConstraint(
      name ? { ...node, name: named(name, `g${this.number}_${name.name}`) } : node,
    );
  }
}

const named = (node: IdentifierNode, name: string): IdentifierNode => ({ ...node, name });

class InGeneration implements KyselyPlugin {
  private readonly renaming: Renaming;

  constructor(
    readonly generation: Other,
    number = 0,
  ) {
    this.renaming = new Renaming(generation, number);
  }

  transformQuery({ node, queryId }: { node: RootOperationNode; queryId: { queryId: string } }): RootOperationNode {
    return this.renaming.transformNode(node, queryId);
  }

  transformResult<T>({ result }: { result: T }): Promise<T> {
    return Promise.resolve(result);
  }
}

/** The existing generations beside the live one. */
export async function otherGenerations(db: Db): Promise<readonly Other[]> {
  const rows = await db.selectFrom('generations').select('name').where('name', '!=', 'live').execute();
  return rows.flatMap(({ name }) => (name === 'live' ? [] : name));
}

const plugins = { next: new InGeneration('next'), former: new InGeneration('former') };

/** The same database with queries on another generation. */
export const inGeneration = (db: Db, generation: Other): Db => db.withPlugin(plugins[generation]);

/** The generation that a database handle queries, `live` by default. */
export function generationOf(db: Db): GenerationsTable['name'] {
  return db.getExecutor().plugins.find((plugin) => plugin instanceof InGeneration)?.generation ?? 'live';
}

export type GenerationRow = Omit<GenerationsTable, 'name'>;

export function findGeneration(db: Db, name: GenerationsTable['name']): Promise<GenerationRow | undefined> {
  const columns = ['number', 'position', 'fold_version', 'renewed_to'] as const;
  const query = db.selectFrom('generations').select(columns).where('name', '=', name);
  return query.executeTakeFirst();
}

/** A handle whose schema statements create the tables of the next generation. */
const making = (db: Db, number: number): Kysely<unknown> =>
  db.withPlugin(new InGeneration('next', number)) as unknown as Kysely<unknown>;

/** Notes that a generation is complete up to a position. */
export async function reach(db: Db, generation: Other, position: bigint): Promise<void> {
  await db
    .updateTable('generations')
    .set({ position: String(position) })
    .where('name', '=', generation)
    .execute();
}

/** Creates the next generation's tables, without the indexes that only queries need. */
export async function makeNext(db: Db, words: Words): Promise<void> {
  const { most } = await db
    .selectFrom('generations')
    .select((row) => row.fn.max('number').as('most'))
    .executeTakeFirstOrThrow();
  const number = Number(most) + 1;
  const fold_version = (await findGeneration(db, 'live'))?.fold_version ?? FOLD_VERSION;
  const next = making(db, number);
  await tables(next, words);
  await orderColumns(next, words);
  await activityColumns(next, words);
  await db.insertInto('generations').values({ name: 'next', number, position: null, fold_version }).execute();
}

/** The indexes that the next generation lacks, each to be created in its own transaction. */
export function missingIndexes(db: Db, words: Words, number: number): (() => Promise<void>)[] {
  const next = making(db, number);
  return [
    ...indexes(next, words),
    ...orderIndexes(next),
    ...memberIndexes(next),
    ...flipIndexes(next, words),
    ...activityIndexes(next),
  ];
}

/** Renames the former generation to `next`, which the sweep drops. */
export async function retire(db: Db): Promise<void> {
  for (const table of BOUND)
    await db.schema.alterTable(tableOf('former', table)).renameTo(tableOf('next', table)).execute();
  await db.updateTable('generations').set({ name: 'next' }).where('name', '=', 'former').execute();
}

/** Drops a generation's tables, if it exists. */
export async function dropGeneration(db: Db, generation: Other): Promise<void> {
  for (const table of BOUND) await db.schema.dropTable(tableOf(generation, table)).ifExists().execute();
  await db.deleteFrom('generations').where('name', '=', generation).execute();
}

/** Makes another generation live; the live one becomes the former one, complete up to a position. */
export async function swapIn(db: Db, generation: Other, position: string): Promise<void> {
  const rename = (from: string, to: string) => db.schema.alterTable(from).renameTo(to).execute();
  for (const table of BOUND) await rename(table, `leaving_${table}`);
  for (const table of BOUND) await rename(tableOf(generation, table), table);
  for (const table of BOUND) await rename(`leaving_${table}`, tableOf('former', table));
  const [live, other] = [await findGeneration(db, 'live'), await findGeneration(db, generation)];
  await db.deleteFrom('generations').where('name', 'in', ['live', generation]).execute();
  const { number = 0, fold_version = FOLD_VERSION, renewed_to = null } = live ?? {};
  const rows = [
    { name: 'live' as const, number: other?.number ?? 0, position: null, fold_version, renewed_to },
    { name: 'former' as const, number, position, fold_version, renewed_to },
  ];
  await db.insertInto('generations').values(rows).execute();
}
