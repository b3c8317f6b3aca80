// ESM-only leaves that Fastify's plugins `require`: Jest on Node 20 cannot require ESM, so they are compiled to CommonJS.
const esmLeaves = [
  'balanced-match', 'brace-expansion', 'content-disposition', 'cookie', 'glob', 'lru-cache', 'minimatch', 'minipass',
  'path-scurry', 'light-my-request', 'set-cookie-parser',
].join('|');
const swc = (module) => ['@swc/jest', {
  jsc: { target: 'es2022', parser: { syntax: 'typescript', decorators: true }, transform: { legacyDecorator: true, decoratorMetadata: true } },
  module: { type: module },
}];

export default {
  rootDir: '.',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test', '<rootDir>/examples'],
  testMatch: ['**/*.spec.ts'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^@keytrail/([^/]+)$': '<rootDir>/libs/$1/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: { '^.+\\.ts$': swc('es6'), '^.+\\.js$': swc('commonjs') },
  transformIgnorePatterns: [`/node_modules/(?!(?:.*/)?(?:${esmLeaves})/)`],
  globalSetup: '<rootDir>/test/support/servers/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/servers/global-teardown.mjs',
  maxWorkers: 2,
  testTimeout: 60_000,
};
