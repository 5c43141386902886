import Database from 'libsql';

/** Another process holds the lock. */
export class Locked extends Error {}

/** A lock on a file of its own; the operating system drops it when the process ends, however it ends. */
export class FileLock {
  private constructor(private readonly db: Database.Database) {}

  /** Throws Locked at once when another process has it. */
  static take(file: string): FileLock {
    const db = new Database(file);
    try {
      db.exec('PRAGMA busy_timeout = 0');
      db.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      db.close();
      throw new Locked(`${file} is locked by another process`, { cause: error });
    }
    return new FileLock(db);
  }

  release(): void {
    this.db.close();
  }
}
