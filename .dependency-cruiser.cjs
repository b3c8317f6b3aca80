// The import rules of docs/architecture.md. A rule reads: files that match `from` must not import what matches `to`.
const SPEC = '\\.spec\\.ts$';
const INDEX = '^libs/[^/]+/index\\.ts$';
const STAGES = ['request-logs', 'detection', 'incidents', 'containment', 'leaks', 'alerting', 'live']; // upstream first
const SERVICES = ['contracts', 'platform', 'clickhouse', 'postgres', 'kafka', 'access', 'audit-proof', 'audit-trail', 'credentials', 'startup'];
const inLibs = (names) => `^libs/(${names.join('|')})/`;

// Plain functions without Nest and drivers. The same list stands in eslint.config.js.
const DECISIONS = {
  path: inLibs([...STAGES, 'credentials', 'access', 'audit-proof', 'audit-trail']),
  pathNot: ['\\.(store|module|controller|job|service|guard|decorator|filter|spec|schema)\\.ts$', '/index\\.ts$'],
};
const FRAMEWORK_AND_DRIVERS = '^node_modules/(@nestjs/|pg/|@types/pg/|kysely/|kafkajs/|@clickhouse/|chdb/|@electric-sql/)';

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

module.exports = {
  forbidden: [
    forbid('libs-never-import-apps', 'Apps are composition roots; nothing depends on them.',
      { path: '^libs/' }, { path: '^apps/' }),
    forbid('dashboard-imports-contracts-only', 'It runs in a browser and speaks HTTP to the api.',
      { path: '^apps/dashboard/src/', pathNot: SPEC }, { path: '^libs/', pathNot: '^libs/contracts/' }),
    forbid('dashboard-needs-no-node', 'Browsers have none of it.',
      { path: '^apps/dashboard/src/', pathNot: SPEC }, { dependencyTypes: ['core'] }),
    forbid('examples-stand-alone', 'Users copy them: they know Keytrail by its HTTP interface and topics only, and Keytrail does not know them.',
      { path: '^examples/' }, { path: '^(apps|libs|test)/' }),
    forbid('nothing-imports-examples', 'Only tests try them.',
      { path: '^(apps|libs)/' }, { path: '^examples/' }),
    forbid('apps-import-libs-only', 'What two apps share belongs to a library.',
      { path: '^apps/([^/]+)/' }, { path: '^apps/', pathNot: '^apps/$1/' }),
    ...STAGES.slice(0, -1).map((stage, position) => forbid(`${stage}-never-imports-downstream`, 'The stages import upstream ones only.',
      { path: inLibs([stage]) }, { path: inLibs(STAGES.slice(position + 1)) })),
    forbid('alerting-knows-no-containment', 'Telling and containing are two ends of the path; what both need belongs upstream.',
      { path: inLibs(['alerting']) }, { path: inLibs(['containment', 'leaks']) }),
    forbid('services-never-import-stages', 'These libraries serve all stages and know none.',
      { path: inLibs(SERVICES) }, { path: inLibs(STAGES) }),
    forbid('libs-through-their-index', 'Another library is imported through its index.ts only.',
      { path: '^libs/([^/]+)/' }, { path: '^libs/', pathNot: ['^libs/$1/', INDEX] }),
    forbid('libs-through-their-index-from-outside', 'A library is imported through its index.ts only.',
      { path: '^(apps|test)/' }, { path: '^libs/', pathNot: INDEX }),
    forbid('libs-by-their-name', 'Another library is imported as @keytrail/<lib>, not by a relative path.',
      { path: '^libs/([^/]+)/' }, { path: '^libs/', pathNot: '^libs/$1/', dependencyTypesNot: ['aliased'] }),
    forbid('libs-by-their-name-from-outside', 'A library is imported as @keytrail/<lib>, not by a relative path.',
      { path: '^(apps|test)/' }, { path: '^libs/', dependencyTypesNot: ['aliased'] }),
    forbid('decisions-import-no-framework-nor-driver', 'Decisions are plain functions; SQL lives in *.store.ts, Nest at the edge.',
      DECISIONS, { path: FRAMEWORK_AND_DRIVERS }),
    forbid('contracts-import-zod-only', 'The contracts run in a browser too.',
      { path: '^libs/contracts/', pathNot: SPEC }, { pathNot: ['^libs/contracts/', '^node_modules/zod/'] }),
    forbid('production-imports-no-tests', 'Specs and test support are not shipped.',
      { path: '^(apps|libs)/', pathNot: SPEC }, { path: ['^test/', SPEC] }),
    // The dashboard's packages are in the files that are built of it.
    forbid('production-imports-no-dev-dependencies', 'They are not installed in production.',
      { path: '^(apps|libs)/', pathNot: [SPEC, '^apps/dashboard/'] }, { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] }),
    forbid('dependencies-are-declared', 'What is imported stands in package.json; types alone may come with another package.',
      { path: '^(apps|libs|test|examples)/' }, { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] }),
    forbid('no-circles', 'Modules that need each other are one module, or lack a third.',
      {}, { circular: true }),
    forbid('imports-resolve', 'This import leads nowhere.',
      {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^dist/'] },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true, // type imports count too
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.css'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
