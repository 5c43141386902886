/** A newer version of this program has been at work on a database: what that made we cannot read. */
export class NewerTables extends Error {
  constructor() {
    super('the tables were made by a newer version of this program');
  }
}
