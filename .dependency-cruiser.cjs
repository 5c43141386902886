/* The imports that are allowed. Purity and names are checked by eslint.config.js. */

const SPECS = '\\.(spec|fixture|double|contract|contract\\.[a-z]+)\\.ts$';
const TESTS = `${SPECS}|^test/`;
const ADAPTERS = 'sqlite|memory|postgres|eventstoredb|kafka';
const lib = (names) => `^libs/(${names})/`;
const PACKAGE = (names) => `(^|/)node_modules/(${names})(/|$)`;

const forbid = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });

/** A library may import itself and these. */
const only = (name, allowed, comment) =>
  forbid(
    `${name}-imports`,
    comment,
    { path: lib(name), pathNot: SPECS },
    { path: '^(libs|apps|test)/', pathNot: lib([name, ...allowed].join('|')) },
  );

/** A package that only one place may know. */
const onlyIn = (packages, place, comment) =>
  forbid(
    `${packages.replace(/\W+/g, '-').replace(/^-|-$/g, '')}-only-there`,
    comment,
    { path: '^(apps|libs)/', pathNot: `${place}|${SPECS}` },
    { path: PACKAGE(packages) },
  );

module.exports = {
  forbidden: [
    forbid(
      'no-cycles',
      'Files that need each other belong together, or one of them knows too much.',
      {},
      { circular: true },
    ),
    forbid(
      'no-orphans',
      'This file is unused: delete it.',
      { orphan: true, path: '^(apps|libs|test)/', pathNot: '\\.(spec|bench|d)\\.ts$|\\.worker\\.ts$' },
      {},
    ),
    forbid('resolvable', 'This import leads nowhere.', {}, { couldNotResolve: true }),
    forbid(
      'libraries-know-no-app',
      'Libraries are there without the service.',
      { path: '^libs/' },
      // specs start the engines that they need
      { path: '^(apps|test)/', pathNot: '^test/(engines|standins)/' },
    ),
    forbid(
      'apps-do-not-share',
      'Each app stands alone; what both need is a library.',
      { path: '^apps/([^/]+)/' },
      { path: '^apps/', pathNot: '^apps/$1/' },
    ),
    only('encoding', [], 'Encodings are pure: they need nothing.'),
    only('flow', [], 'Time and concurrency need nothing of ours.'),
    only('customer', ['encoding'], 'The rules are pure: they know nothing but how a value is written.'),
    only('activity', ['customer', 'encoding'], 'Activity follows from events and states alone.'),
    only('segment', ['customer'], 'Segments are pure: they know the customer only.'),
    only('validation-rule', ['customer', 'segment'], 'Rules are pure: they judge a customer by the words of filters.'),
    only('contract', ['customer', 'encoding'], 'The contract knows the types of the rules, nothing else.'),
    only('event-store', ['encoding', 'flow'], 'The store keeps events of anything: it never names a customer.'),
    only('audit', ['customer', 'encoding', 'event-store'], 'Auditing reads the history of customers and nothing else.'),
    only('messaging', ['contract', 'flow'], 'Messages are in the words of the contract.'),
    only(
      'database',
      ['customer', 'event-store', 'flow'],
      'Work is shared out by customer; a database does not know what its rows say.',
    ),
    only('operations', ['database'], 'Records stand for themselves: they are made from no event and no row.'),
    only(
      'read-model',
      ['activity', 'customer', 'encoding', 'segment', 'event-store', 'database', 'flow'],
      'The read model folds recorded events.',
    ),
    forbid(
      'contract-takes-types',
      'Of the rules the contract takes types only.',
      { path: lib('contract'), pathNot: SPECS },
      { path: lib('customer'), preCompilationOnly: false },
    ),
    forbid(
      'libraries-by-their-door',
      'Of another library only its index is open.',
      { path: '^(libs/[^/]+|apps|test)/' },
      { path: '^libs/', pathNot: ['^$1/', '^libs/[^/]+/src/index\\.ts$', '\\.fixture\\.ts$'] },
    ),
    forbid(
      'adapters-stay-at-home',
      'A port does not know its adapters: the index hands them out, adapters.ts chooses.',
      {
        path: '^libs/([^/]+)/src/',
        // controls.ts is for tests; open.ts chooses by what is to be opened
        pathNot: [`/src/(${ADAPTERS})/`, SPECS, '/src/(index|controls)\\.ts$', '^libs/database/src/open\\.ts$'],
      },
      { path: `^libs/$1/src/(${ADAPTERS})/` },
    ),
    forbid(
      'adapters-do-not-mix',
      'Code that two adapters share belongs to the port.',
      { path: `^libs/([^/]+)/src/(${ADAPTERS})/`, pathNot: SPECS },
      { path: `^libs/$1/src/(${ADAPTERS})/`, pathNot: '^libs/$1/src/$2/' },
    ),
    forbid(
      'test-code-stays-in-tests',
      'Contract suites, doubles and fixtures are for specs.',
      { pathNot: TESTS },
      { path: TESTS },
    ),
    onlyIn('libsql|better-sqlite3', '/sqlite/', 'SQL drivers stay in their adapter.'),
    onlyIn('pg|pg-pool', '/postgres/', 'SQL drivers stay in their adapter.'),
    onlyIn('kafkajs', '^libs/messaging/src/kafka/', 'The broker stays in its adapter.'),
    onlyIn(
      '@(eventstore|kurrent)/[^/]+',
      '^libs/event-store/src/eventstoredb/',
      'The store client stays in its adapter.',
    ),
    onlyIn('kysely', '^libs/(database|operations|read-model)/', 'Queries are written where the rows are.'),
    onlyIn('@nestjs/[^/]+|fastify|qs|pino|prom-client', '^apps/service/', 'The framework stays at the rim.'),
    onlyIn('commander|cli-progress', '^apps/cli/', 'Only the command line talks to a terminal.'),
    onlyIn(
      'class-validator|class-transformer',
      '^libs/contract/|^apps/service/src/config\\.ts$',
      'Shape is checked at the door.',
    ),
    onlyIn('cloudevents', '^libs/(contract|messaging)/', 'CloudEvents are taken apart at the border.'),
    forbid(
      'border-asks-the-bus',
      'Controllers send commands and queries (ADR 30); rebuilds are an operation of the read model.',
      {
        path: '^apps/service/src/(http|cockpit)/([^/]+\\.controller|accesses|reads)\\.ts$',
        pathNot: '/rebuilds\\.controller\\.ts$',
      },
      {
        path: [
          lib('read-model|event-store'),
          '^apps/service/src/(segments|validation-rules)/',
          '^apps/service/src/commands/(customer-streams|customer-names|order-names)\\.ts$',
        ],
        preCompilationOnly: false,
      },
    ),
    forbid(
      'customer-has-no-packages',
      'The core is pure.',
      // ids of activity are digests
      { path: lib('encoding|customer|segment|activity'), pathNot: [SPECS, '^libs/activity/src/identity\\.ts$'] },
      { dependencyTypes: ['core', 'npm', 'npm-dev'] },
    ),
    forbid(
      'no-dev-packages',
      'The running service must not need a package that is installed for development.',
      { path: '^(apps|libs)/', pathNot: SPECS },
      { dependencyTypes: ['npm-dev'], pathNot: '/@types/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    // imports of types count as well, and are told apart
    tsPreCompilationDeps: 'specify',
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
