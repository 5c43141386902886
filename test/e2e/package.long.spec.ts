import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const run = promisify(execFile);
const ENV = { PATH: process.env['PATH'], HOME: tmpdir() };

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

test('the packed ledger runs where it is installed, without the sources', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ledger-package-'));
  try {
    // without scripts: the build is there, and others are using it
    const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      env: ENV,
    });
    const [packed] = JSON.parse(stdout) as [Packed];
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'dist/apps/cli/src/main.js']),
    );
    expect(
      paths.filter((path) => /\.(spec|fixture|double|contract)\.|^(test|docs|apps|libs)\/|^dist\/test/.test(path)),
    ).toEqual([]);

    await run('tar', ['xzf', join(folder, packed.filename), '-C', folder]);
    await symlink(resolve('node_modules'), join(folder, 'package/node_modules'));
    const main = join(folder, 'package/dist/apps/cli/src/main.js');
    await chmod(main, 0o755);
    await mkdir(join(folder, 'bin'));
    await symlink(main, join(folder, 'bin/ledger'));
    const ledger = async (...args: string[]): Promise<string> =>
      (await run(join(folder, 'bin/ledger'), args, { cwd: folder, env: ENV })).stdout;
    expect(await ledger('history', '--help')).toContain('Usage: ledger history [options] <customer>');
    expect(await ledger('--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
