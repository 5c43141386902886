import { randomBytes } from 'node:crypto';
import type { Db } from './schema.js';

/** A metadata schema as stored: `data` is JSON text. */
export interface StoredSchema {
  readonly id: string;
  readonly related_object: string;
  readonly data: string;
  readonly created_at: string;
  readonly updated_at: string | null;
}

const SCHEMAS_MAX = 100;

/** The metadata schemas of the project, one for each kind of object. */
export class StoredSchemas {
  constructor(private readonly db: Db) {}

  /** Lists at most a hundred, by name. */
  list(): Promise<StoredSchema[]> {
    const query = this.db.selectFrom('metadata_schemas').selectAll().orderBy('related_object');
    return query.limit(SCHEMAS_MAX).execute();
  }

  /** False when there are a hundred others. */
  async put(related_object: string, data: string, at: string): Promise<boolean> {
    return this.db.transaction().execute(async (tx) => {
      const changed = await tx
        .updateTable('metadata_schemas')
        .set({ data, updated_at: at })
        .where('related_object', '=', related_object)
        .executeTakeFirst();
      if (changed.numUpdatedRows === 1n) return true;
      const count = tx.selectFrom('metadata_schemas').select((row) => row.fn.countAll<number>().as('found'));
      if (Number((await count.executeTakeFirstOrThrow()).found) >= SCHEMAS_MAX) return false;
      const id = `ms_${randomBytes(12).toString('hex')}`;
      const row = { id, related_object, data, created_at: at, updated_at: null };
      await tx.insertInto('metadata_schemas').values(row).execute();
      return true;
    });
  }

  async remove(related_object: string): Promise<boolean> {
    const query = this.db.deleteFrom('metadata_schemas').where('related_object', '=', related_object);
    return (await query.executeTakeFirst()).numDeletedRows === 1n;
  }
}
