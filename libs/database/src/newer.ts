/** A newer version of this program has migrated the database, so this one cannot read it. */
export class NewerTables extends Error {
  constructor() {
    super('the tables were made by a newer version of this program');
  }
}
