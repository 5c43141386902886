import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT, textOf } from './repository.js';

/* The guards must be able to fail: each gets a violation planted. */

const node = (args: readonly string[], cwd: string, input = ''): string =>
  spawnSync(process.execPath, args, { cwd, input, encoding: 'utf8' }).stdout;

describe('dependency-cruiser', () => {
  const VALUE = 'export const value = 1;';
  const using = (from: string): string => `import { value } from '${from}';\nexport const used = value;`;
  /** Modules to import, and imports that are in order. */
  const allowed: Readonly<Record<string, string>> = {
    'libs/customer/src/index.ts': VALUE,
    'libs/event-store/src/index.ts': `${VALUE}\nexport { used } from './sqlite/store.js';`,
    'libs/event-store/src/sqlite/store.ts': using('libsql'),
    'libs/event-store/src/port.contract.ts': using('fast-check'),
    'libs/event-store/src/sqlite/store.spec.ts': using('../port.contract.js'),
    'libs/read-model/src/index.ts': `${using('#customer')}\nexport { value } from '#event-store';`,
    'libs/contract/src/index.ts': `${VALUE}\nexport type { value as customer } from '#customer';\n${using('class-validator')}`,
    'apps/service/src/value.ts': `${using('@nestjs/common')}\n${VALUE}`,
    'apps/service/src/main.ts': `${using('./value.js')}\nexport { value } from '#event-store';`,
    'apps/service/src/http/rebuilds.controller.ts': using('#read-model'),
    'apps/cli/src/main.ts': using('commander'),
  };
  /** Rule -> a file that breaks it. */
  const planted: Readonly<Record<string, readonly [path: string, text: string]>> = {
    'no-cycles': ['libs/customer/src/egg.ts', "import { hen } from './hen.js';\nexport const egg = () => hen;"],
    'no-orphans': ['libs/customer/src/unused.ts', VALUE],
    resolvable: ['libs/event-store/src/lost.ts', using('./nowhere.js')],
    'libraries-know-no-app': ['libs/contract/src/app.ts', using('../../../apps/service/src/value.js')],
    'apps-do-not-share': ['apps/cli/src/other.ts', using('../../service/src/value.js')],
    'encoding-imports': ['libs/encoding/src/rule.ts', using('#customer')],
    'flow-imports': ['libs/flow/src/rule.ts', using('#customer')],
    'customer-imports': ['libs/customer/src/store.ts', using('#event-store')],
    'activity-imports': ['libs/activity/src/store.ts', using('#event-store')],
    'segment-imports': ['libs/segment/src/store.ts', using('#event-store')],
    'validation-rule-imports': ['libs/validation-rule/src/store.ts', using('#event-store')],
    'contract-imports': ['libs/contract/src/store.ts', using('#event-store')],
    'event-store-imports': ['libs/event-store/src/customer.ts', using('#customer')],
    'audit-imports': ['libs/audit/src/rows.ts', using('#read-model')],
    'messaging-imports': ['libs/messaging/src/customer.ts', using('#customer')],
    'database-imports': ['libs/database/src/rows.ts', using('#read-model')],
    'operations-imports': ['libs/operations/src/rows.ts', using('#read-model')],
    'read-model-imports': ['libs/read-model/src/contract.ts', using('#contract')],
    'contract-takes-types': ['libs/contract/src/rule.ts', using('#customer')],
    'libraries-by-their-door': ['apps/service/src/inside.ts', using('../../../libs/event-store/src/sqlite/store.js')],
    'adapters-stay-at-home': ['libs/event-store/src/port.ts', using('./sqlite/store.js')],
    'adapters-do-not-mix': ['libs/event-store/src/memory/store.ts', using('../sqlite/store.js')],
    'test-code-stays-in-tests': ['libs/event-store/src/lazy.ts', using('./port.contract.js')],
    'libsql-better-sqlite3-only-there': ['libs/event-store/src/driver.ts', using('libsql')],
    'pg-pg-pool-only-there': ['libs/read-model/src/pool.ts', using('pg')],
    'kafkajs-only-there': ['apps/service/src/topic.ts', using('kafkajs')],
    'eventstore-kurrent-only-there': ['libs/event-store/src/sqlite/client.ts', using('@eventstore/db-client')],
    'kysely-only-there': ['apps/service/src/query.ts', using('kysely')],
    'nestjs-fastify-qs-pino-prom-client-only-there': ['libs/contract/src/framework.ts', using('@nestjs/common')],
    'commander-cli-progress-only-there': ['apps/service/src/option.ts', using('commander')],
    'class-validator-class-transformer-only-there': ['apps/service/src/shape.ts', using('class-validator')],
    'cloudevents-only-there': ['apps/cli/src/event.ts', using('cloudevents')],
    'border-asks-the-bus': ['apps/service/src/http/rows.controller.ts', using('#event-store')],
    'customer-has-no-packages': ['libs/customer/src/path.ts', using('node:path')],
    'no-dev-packages': ['libs/event-store/src/dice.ts', using('fast-check')],
  };
  const packages =
    'libsql pg kafkajs @eventstore/db-client kysely @nestjs/common commander class-validator cloudevents fast-check'.split(
      ' ',
    );

  const cruise = (files: Readonly<Record<string, string>>): string[] => {
    const scratch = mkdtempSync(join(tmpdir(), 'customer-ledger-boundaries-'));
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(scratch, path)), { recursive: true });
      writeFileSync(join(scratch, path), text);
    };
    try {
      for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.cjs']) write(file, textOf(file));
      for (const name of packages) {
        write(`node_modules/${name}/package.json`, JSON.stringify({ name, type: 'module', main: 'index.js' }));
        write(`node_modules/${name}/index.js`, VALUE);
      }
      for (const [path, text] of Object.entries(files)) write(path, text);
      const tool = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
      const args = [tool, '--config', '.dependency-cruiser.cjs', '-T', 'json', 'apps', 'libs'];
      const { summary } = JSON.parse(node(args, scratch)) as {
        summary: { violations: { from: string; rule: { name: string } }[] };
      };
      return summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  };

  test('what is in order is let through', () => {
    expect(cruise(allowed)).toEqual([]);
  });

  test('every rule finds the violation planted for it', () => {
    const hen = "import { egg } from './egg.js';\nexport const hen = () => egg;";
    const found = cruise({
      ...allowed,
      ...Object.fromEntries(Object.values(planted)),
      'libs/customer/src/hen.ts': hen,
    });
    const asked = Object.entries(planted).map(([rule, [path]]) => `${rule}: ${path}`);
    expect(asked.filter((violation) => !found.includes(violation))).toEqual([]);
  });

  test('no rule is without a planted violation', () => {
    const config = createRequire(import.meta.url)(join(ROOT, '.dependency-cruiser.cjs')) as {
      forbidden: { name: string }[];
    };
    expect(config.forbidden.map(({ name }) => name).filter((name) => !(name in planted))).toEqual([]);
  });
});

describe('eslint', () => {
  const planted: Readonly<Record<string, readonly string[]>> = {
    'libs/customer/src/fold.ts': [
      "import { join } from 'node:path';",
      'export const now = (): number => Date.now();',
      'export const today = (): Date => new Date();',
      'export const dice = (): number => Math.random();',
      'export const folder = (): string => join(process.cwd());',
    ],
    'apps/service/src/secrets.ts': ["import { SqliteEventStore } from '#event-store';", 'void SqliteEventStore;'],
    'apps/service/src/banner.ts': [
      "import { EventBus } from '@nestjs/cqrs';",
      'export const port = process.env.PORT;',
      'export const anything = (value: any): unknown => [EventBus, value];',
      'export function lost(): void { Promise.resolve(1); }',
      "console.log('');",
      "export const asked = (a: 'x' | 'y'): number => { switch (a) { case 'x': return 1; } return 2; };",
      "export { setTimeout } from 'node:timers/promises';",
    ],
  };
  // in a process of its own: Jest's modules are not the ones that eslint loads its configuration with
  const script = `
    import { ESLint } from 'eslint';
    import { text } from 'node:stream/consumers';
    const eslint = new ESLint();
    const found = {};
    for (const [filePath, lines] of Object.entries(JSON.parse(await text(process.stdin)))) {
      const [{ messages }] = await eslint.lintText(lines.join('\\n'), { filePath });
      found[filePath] = messages.map(({ line, ruleId }) => line + ' ' + ruleId);
    }
    process.stdout.write(JSON.stringify(found));`;

  test('every planted violation is found', () => {
    // the text stands in for that of a file that exists, so that its types are known
    const found: unknown = JSON.parse(node(['--input-type=module', '--eval', script], ROOT, JSON.stringify(planted)));
    expect(found).toEqual({
      'libs/customer/src/fold.ts': [
        '1 no-restricted-imports',
        '2 no-restricted-properties',
        '3 no-restricted-syntax',
        '4 no-restricted-properties',
        '5 no-restricted-globals',
      ],
      'apps/service/src/secrets.ts': ['1 no-restricted-imports'],
      'apps/service/src/banner.ts': [
        '1 no-restricted-imports',
        '2 no-restricted-properties',
        '3 @typescript-eslint/no-explicit-any',
        '4 @typescript-eslint/no-floating-promises',
        '5 no-console',
        '6 @typescript-eslint/switch-exhaustiveness-check',
        '7 no-restricted-imports',
      ],
    });
  });
});
