// Node 20 knows all of ES2023; Nest's default of ES2021 puts a function call in place of every class field.
const ofToday = (rule) => ({ ...rule, use: rule.use.map(({ loader, options }) => ({ loader, options: { ...options, jsc: { ...options.jsc, target: 'es2023' } } })) });

// Bundles find packages from where they lie, not from where they were built: a checkout or an image may be moved.
export default (defaults) => ({
  ...defaults,
  module: {
    ...defaults.module,
    rules: defaults.module.rules.map(ofToday),
    parser: { ...defaults.module?.parser, javascript: { ...defaults.module?.parser?.javascript, importMeta: false } },
  },
});
