/* Who may import whom. Purity and names are checked by eslint.config.js. */

const SPECS = '\\.(spec|fixture|double|contract|contract\\.[a-z]+)\\.ts$';
const APPS = '^apps/';
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
  forbid(`${packages.replace('@', '')}-only-there`, comment, { path: '^(apps|libs)/', pathNot: `${place}|${SPECS}` }, { path: PACKAGE(packages) });

module.exports = {
  forbidden: [
    forbid('no-cycles', 'What needs each other belongs together, or one of them knows too much.', {}, { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'pre-compilation-only'] } }),
    forbid(
      'no-orphans',
      'Nobody uses this file: delete it.',
      { orphan: true, path: '^(apps|libs|test)/', pathNot: '\\.(spec|bench|d)\\.ts$|\\.worker\\.ts$' },
      {},
    ),
    forbid('resolvable', 'This import leads nowhere.', {}, { couldNotResolve: true }),
    forbid('libraries-know-no-app', 'Libraries are there without the service.', { path: '^libs/' }, { path: '^(apps|test)/' }),
    forbid('apps-do-not-share', 'Each app stands alone; what both need is a library.', { path: '^apps/([^/]+)/' }, { path: '^apps/', pathNot: '^apps/$1/' }),
    only('customer', [], 'The rules are pure: they know nobody.'),
    only('segment', [], 'Segments are pure: they know nobody.'),
    only('contract', ['customer'], 'The contract knows the types of the rules, nothing else.'),
    only('event-store', [], 'The store keeps events of anything: it never names a customer.'),
    only('read-model', ['customer', 'segment', 'event-store', 'contract'], 'The read model folds recorded events.'),
    forbid('contract-takes-types', 'Of the rules the contract takes types only.', { path: lib('contract'), pathNot: SPECS }, { path: lib('customer'), preCompilationOnly: false }),
    forbid('read-model-takes-types', 'Of the contract the read model takes types only.', { path: lib('read-model'), pathNot: SPECS }, { path: lib('contract'), preCompilationOnly: false }),
    forbid('libraries-by-their-door', 'Of another library only its index is open.', { path: '^(apps|test)/' }, { path: '^libs/', pathNot: '^libs/[^/]+/src/index\\.ts$' }),
    onlyIn('libsql', '/sqlite/', 'SQL drivers stay in their adapter.'),
    onlyIn('kysely', '^libs/read-model/', 'Queries are written in the read model.'),
    onlyIn('@nestjs', APPS, 'The framework stays at the rim.'),
    onlyIn('class-validator', '^libs/contract/|^apps/service/src/config\\.ts$', 'Shape is checked at the door.'),
    forbid('customer-has-no-packages', 'The core is pure.', { path: lib('customer|segment'), pathNot: SPECS }, { dependencyTypes: ['core', 'npm', 'npm-dev'] }),
    forbid('no-dev-packages', 'What runs must not need what is installed for development.', { path: '^(apps|libs)/', pathNot: SPECS }, { dependencyTypes: ['npm-dev'], pathNot: '/@types/' }),
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
