import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

const NOT_OURS = new Set(['node_modules', 'dist', 'data', 'coverage', '.git']);

/** Paths of our own files, relative to the root. */
export function ourFiles(folder = ''): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (NOT_OURS.has(entry.name)) return [];
    if (entry.isDirectory()) return ourFiles(path);
    return entry.isFile() ? [path] : [];
  });
}

export const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Files whose text a test of texts should look at. */
export const sources = (): string[] =>
  ourFiles().filter((path) => /\.(ts|js|cjs|json|md|sh|yml|yaml)$|^\.ci\//.test(path));
