// Bundles find packages from where they lie, not from where they were built: a checkout or an image may be moved.
export default (defaults) => ({
  ...defaults,
  module: {
    ...defaults.module,
    parser: { ...defaults.module?.parser, javascript: { ...defaults.module?.parser?.javascript, importMeta: false } },
  },
});
