import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/* The house rules a linter can check; who may import whom stands in .dependency-cruiser.cjs. */

const SPECS = [
  '**/*.spec.ts',
  '**/*.contract.ts',
  '**/*.contract.*.ts',
  '**/*.fixture.ts',
  '**/*.double.ts',
  'test/**',
];
const PURE = [
  'libs/encoding/src/**/*.ts',
  'libs/customer/src/**/*.ts',
  'libs/activity/src/**/*.ts',
  'libs/segment/src/**/*.ts',
  'libs/validation-rule/src/**/*.ts',
];
/** Where a process or a thread is put together, and so the only places that name an adapter. */
const COMPOSITION = ['apps/service/src/adapters.ts', 'apps/cli/src/adapters.ts'];

const BUS = {
  name: '@nestjs/cqrs',
  allowImportNames: [
    'CqrsModule',
    'Command',
    'CommandBus',
    'CommandHandler',
    'ICommandHandler',
    'Query',
    'QueryBus',
    'QueryHandler',
    'IQueryHandler',
  ],
  message: 'Only commands and queries go over the bus: what must not be lost is appended to the store.',
};

const PAUSES = {
  name: 'node:timers/promises',
  importNames: ['setTimeout'],
  message: 'Pauses, deadlines and retries are written once, in #flow.',
};

const NO_ADAPTERS = {
  regex: '^#(database|event-store|messaging)$',
  importNamePattern: '^(Sqlite|Memory|Postgres|EventStoreDb|Kafka)',
  message: 'Ask for the port: adapters.ts chooses the adapter.',
};

const PURE_IMPORTS = (more) => ({
  regex: `^(?!\\.{1,2}/|#(encoding|customer|segment)$${more})`,
  message: 'The core is pure: no packages, no node: modules, only pure libraries.',
});

const PURE_SYNTAX = [
  ...['NewExpression', 'CallExpression'].map((call) => ({
    // of a time that is handed in a Date may be made
    selector: `${call}[callee.name='Date'][arguments.length=0]`,
    message: 'The core has no clock: the time is handed in.',
  })),
  { selector: 'ImportExpression', message: 'The core imports nothing from outside, not even later.' },
  {
    selector: 'ClassDeclaration:not([id.name=/^(Rejection|Entities|NotLoaded|PersistentMap|Trie)$/])',
    message: 'The core is functions over plain data.',
  },
];

const PURE_GLOBALS = [
  'process',
  'globalThis',
  'fetch',
  'crypto',
  'performance',
  'console',
  'Buffer',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
].map((name) => ({ name, message: 'The core is pure: it computes, and touches nothing.' }));

export default defineConfig(
  { ignores: ['dist/', 'node_modules/', 'data/', 'coverage/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 10],
      // the formatter wins: what it makes unreadable is split
      'no-warning-comments': ['error', { terms: ['prettier-ignore'], location: 'anywhere' }],
      'max-params': ['error', 5],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // adapters in memory answer at once behind an asynchronous port
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Settings are read in apps/service/src/config.ts, handed in.' },
      ],
      'no-restricted-imports': ['error', { paths: [BUS, PAUSES], patterns: [NO_ADAPTERS] }],
    },
  },
  {
    // a constructor that Nest calls lists what it is given, and decorators need the types at run time
    files: ['apps/service/src/**/*.ts'],
    rules: { 'max-params': ['error', 7], '@typescript-eslint/consistent-type-imports': 'off' },
  },
  {
    files: [...COMPOSITION, ...SPECS],
    rules: { 'no-restricted-imports': ['error', { paths: [BUS] }] },
  },
  {
    files: ['apps/service/src/config.ts', 'apps/cli/src/**/*.ts', ...SPECS],
    rules: { 'no-restricted-properties': 'off' },
  },
  { files: ['apps/cli/src/**/*.ts', 'test/load/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    files: PURE,
    ignores: SPECS,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [PURE_IMPORTS('')],
        },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'The core has no clock: the time is handed in.' },
        { object: 'Math', property: 'random', message: 'The core throws no dice: ids are handed in.' },
      ],
      'no-restricted-globals': ['error', ...PURE_GLOBALS],
      'no-restricted-syntax': ['error', ...PURE_SYNTAX],
    },
  },
  {
    files: ['libs/activity/src/identity.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [PURE_IMPORTS('|node:crypto$')] }] },
  },
  {
    files: SPECS,
    rules: {
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': 'off',
      // a naive computation to compare with may list its cases
      complexity: 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      // answers of the service are read as plain JSON
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
);
