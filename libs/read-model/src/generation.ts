import {
  type CreateIndexNode,
  type IdentifierNode,
  type KyselyPlugin,
  OperationNodeTransformer,
  type PrimaryKeyConstraintNode,
  type RootOperationNode,
  type TableNode,
} from 'kysely';
import type { Db, GenerationsTable } from './schema.js';

/**
 * The tables of a generation; all other tables exist once. In the order in which readers open them, so that locking
 * them in turn cannot deadlock with a reader that has begun.
 */
export const BOUND = ['counters', 'activities', 'customers', 'orders', 'redemptions', 'entities', 'parked'] as const;

/** A generation beside the live one: the next one, being built, or the one before. */
export type Other = Exclude<GenerationsTable['name'], 'live'>;

const isBound = (table: string): boolean => (BOUND as readonly string[]).includes(table);
export const tableOf = (generation: Other, table: string): string => `${generation}_${table}`;

/** Puts a generation's tables in the place of the live ones. Indexes keep their names for ever, so these carry a number. */
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

/** The others that are there. */
export async function otherGenerations(db: Db): Promise<readonly Other[]> {
  const rows = await db.selectFrom('generations').select('name').where('name', '!=', 'live').execute();
  return rows.flatMap(({ name }) => (name === 'live' ? [] : name));
}

const plugins = { next: new InGeneration('next'), former: new InGeneration('former') };

/** The same database, asking another generation. */
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

/** The same database, for statements that make tables and indexes of the next generation. */
export const asNext = (db: Db, number: number): Db => db.withPlugin(new InGeneration('next', number));

/** Erasures are carried out up to here, though the rows may not show it yet; undefined when rows were never renewed. */
export async function renewedTo(db: Db): Promise<bigint | undefined> {
  const renewed_to = (await findGeneration(db, 'live'))?.renewed_to ?? null;
  return renewed_to === null ? undefined : BigInt(renewed_to);
}
