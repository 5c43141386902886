import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The progress of a file at a service. It belongs to the content of the file: another content starts from the top. */
export class Bookmark {
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {}

  static of(folder: string, file_sha256: string, url: string): Bookmark {
    const place = createHash('sha256').update(url).digest('hex').slice(0, 16);
    return new Bookmark(folder, `import-${file_sha256}-${place}.json`);
  }

  /** The number of answered leading lines; 0 by default. */
  async read(): Promise<number> {
    try {
      const { lines } = JSON.parse(await readFile(this.path, 'utf8')) as { lines?: unknown };
      return Number.isSafeInteger(lines) && (lines as number) > 0 ? (lines as number) : 0;
    } catch {
      // missing or truncated: sending lines again is harmless
      return 0;
    }
  }

  /** Saves the number of answered leading lines, replacing the file atomically; one write after the other. */
  async save(lines: number): Promise<void> {
    this.writing = this.writing.then(() => this.replace(lines));
    await this.writing;
  }

  private async replace(lines: number): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const fresh = `${this.path}.new`;
    await writeFile(fresh, `${JSON.stringify({ lines })}\n`);
    await rename(fresh, this.path);
  }

  private get path(): string {
    return join(this.folder, this.name);
  }
}

/** `$XDG_STATE_HOME/customer-ledger`, or its usual place. */
export function defaultStateFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['XDG_STATE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.local', 'state') : base, 'customer-ledger');
}
