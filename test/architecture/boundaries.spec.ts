import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './repository.js';

/* The guards must be able to fail: each gets a violation planted. */

const run = (tool: string, args: readonly string[], cwd: string, input = ''): string =>
  spawnSync(process.execPath, [join(ROOT, 'node_modules', tool), ...args], { cwd, input, encoding: 'utf8' }).stdout;

describe('dependency-cruiser', () => {
  const VALUE = 'export const value = 1;';
  const using = (from: string): string => `import { value } from '${from}';\nconsole.log(value);`;
  const planted: Readonly<Record<string, string>> = {
    'libs/customer/src/index.ts': VALUE,
    'libs/event-store/src/index.ts': VALUE,
    'apps/service/src/value.ts': VALUE,
    'libs/customer/src/store.ts': using('#event-store'),
    'libs/customer/src/path.ts': using('node:path'),
    'libs/customer/src/a.ts': "import { b } from './b.js';\nexport const a = () => b;",
    'libs/customer/src/b.ts': "import { a } from './a.js';\nexport const b = () => a;",
    'libs/customer/src/nobody.ts': VALUE,
    'libs/event-store/src/customer.ts': using('#customer'),
    'libs/event-store/src/driver.ts': using('libsql'),
    'libs/contract/src/rule.ts': using('#customer'),
    'libs/contract/src/app.ts': using('../../../apps/service/src/value.js'),
    'libs/contract/src/framework.ts': using('@nestjs/common'),
    'apps/service/src/query.ts': using('kysely'),
    'apps/service/src/shape.ts': using('class-validator'),
    'apps/service/src/inside.ts': using('../../../libs/event-store/src/driver.js'),
  };
  let scratch: string;

  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'customer-ledger-boundaries-'));
    for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.cjs']) cpSync(join(ROOT, file), join(scratch, file));
    symlinkSync(join(ROOT, 'node_modules'), join(scratch, 'node_modules'));
    for (const [path, text] of Object.entries(planted)) {
      mkdirSync(dirname(join(scratch, path)), { recursive: true });
      writeFileSync(join(scratch, path), text);
    }
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  test('every planted violation is found', () => {
    const args = ['--config', '.dependency-cruiser.cjs', '-T', 'json', 'apps', 'libs'];
    const { summary } = JSON.parse(run('dependency-cruiser/bin/dependency-cruise.mjs', args, scratch)) as {
      summary: { violations: { from: string; rule: { name: string } }[] };
    };
    const found = summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`);
    expect(found).toEqual(
      expect.arrayContaining([
        'libs/customer/src/store.ts: customer-imports',
        'libs/customer/src/path.ts: customer-has-no-packages',
        'libs/customer/src/a.ts: no-cycles',
        'libs/customer/src/nobody.ts: no-orphans',
        'libs/event-store/src/customer.ts: event-store-imports',
        'libs/event-store/src/driver.ts: libsql-only-there',
        'libs/contract/src/rule.ts: contract-takes-types',
        'libs/contract/src/app.ts: libraries-know-no-app',
        'libs/contract/src/framework.ts: nestjs-only-there',
        'apps/service/src/query.ts: kysely-only-there',
        'apps/service/src/shape.ts: class-validator-only-there',
        'apps/service/src/inside.ts: libraries-by-their-door',
      ]),
    );
  });
});

describe('eslint', () => {
  /** Rules that the text breaks when it stands in place of a file. */
  const broken = (path: string, text: string): string[] => {
    const [{ messages } = { messages: [] }] = JSON.parse(
      run('eslint/bin/eslint.js', ['--stdin', '--stdin-filename', path, '--format', 'json'], ROOT, text),
    ) as { messages: { ruleId: string; line: number }[] }[];
    return messages.map(({ ruleId, line }) => `${line} ${ruleId}`);
  };

  test('the core is pure', () => {
    const planted = [
      "import { join } from 'node:path';",
      'export const now = (): number => Date.now();',
      'export const today = (): Date => new Date();',
      'export const dice = (): number => Math.random();',
      'export const folder = (): string => join(process.cwd());',
    ];
    expect(broken('libs/customer/src/fold.ts', planted.join('\n'))).toEqual([
      '1 no-restricted-imports',
      '2 no-restricted-properties',
      '3 no-restricted-syntax',
      '4 no-restricted-properties',
      '5 no-restricted-globals',
    ]);
  });

  test('the house rules hold', () => {
    const planted = [
      "import { EventBus } from '@nestjs/cqrs';",
      'export const port = process.env.PORT;',
      'export const anything = (value: any): unknown => [EventBus, value];',
      'export function lost(): void { Promise.resolve(1); }',
      "console.log('');",
      "export const asked = (a: 'x' | 'y'): number => { switch (a) { case 'x': return 1; } return 2; };",
    ];
    expect(broken('apps/service/src/banner.ts', planted.join('\n'))).toEqual([
      '1 no-restricted-imports',
      '2 no-restricted-properties',
      '3 @typescript-eslint/no-explicit-any',
      '4 @typescript-eslint/no-floating-promises',
      '5 no-console',
      '6 @typescript-eslint/switch-exhaustiveness-check',
    ]);
  });
});
