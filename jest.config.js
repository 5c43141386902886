/** Native ES modules: Jest 30 on Node 20 cannot require() NestJS 12, so `npm test` sets --experimental-vm-modules. */
export default {
  testEnvironment: '<rootDir>/test/quick-globals.js',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // a guard against what never ends, not a measurement: machines are busy
  testTimeout: 3_600_000,
  // suites start services of several threads each
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/longest-first.js',
};
