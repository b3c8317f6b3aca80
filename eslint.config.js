import { defineConfig } from 'eslint/config';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

// Decision files are plain functions: what they need to know, the time included, comes as an argument. The same list stands in
// .dependency-cruiser.cjs.
const decisionFiles = {
  files: ['libs/{request-logs,detection,incidents,containment,leaks,alerting,live,credentials,access,audit-proof,audit-trail}/**/*.ts'],
  ignores: ['**/*.{store,module,controller,job,service,guard,decorator,filter,spec,schema}.ts', '**/index.ts'],
};

const everywhere = [
  { selector: 'ExportAllDeclaration', message: 'List the exports by name.' },
  { selector: 'ExportDefaultDeclaration', message: 'Use a named export.' },
];
const noClock = [
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: 'Take `now` as an argument.' },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Take `now` as an argument.' },
  { selector: "CallExpression[callee.name='Date']", message: 'Take `now` as an argument.' },
];
const processEnv = { object: 'process', property: 'env', message: 'Settings are read in one place per app and passed in.' };

export default defineConfig(
  { ignores: ['**/node_modules/', '**/dist/', 'coverage/', 'data/'] },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'eqeqeq': ['error', 'always', { null: 'ignore' }],
      'no-constant-condition': ['error', { checkLoops: false }],
      'no-debugger': 'error',
      'no-empty': 'error',
      'no-self-compare': 'error',
      'no-throw-literal': 'error',
      'no-template-curly-in-string': 'error',
      'no-unmodified-loop-condition': 'error',
      'no-unsafe-finally': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'max-lines': ['warn', { max: 300, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    rules: { 'no-unused-vars': ['error', { ignoreRestSiblings: true }] },
  },
  {
    files: ['**/*.{ts,tsx}'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: { parser: tseslint.parser, parserOptions: { project: ['./tsconfig.json', './apps/dashboard/tsconfig.json'], tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-restricted-syntax': ['error', ...everywhere],
      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      // These need types.
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['apps/dashboard/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    rules: { 'react-hooks/rules-of-hooks': 'error', 'react-hooks/exhaustive-deps': 'error' },
  },
  {
    files: ['libs/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': ['error', processEnv],
      'no-restricted-imports': ['error', { paths: [
        { name: 'node:process', message: 'Settings are read in one place per app and passed in.' },
        { name: 'process', message: 'Settings are read in one place per app and passed in.' },
      ] }],
    },
  },
  {
    ...decisionFiles,
    rules: { 'no-restricted-syntax': ['error', ...everywhere, ...noClock] },
  },
);
