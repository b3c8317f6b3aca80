// The bundler drops the first line of the source; without it a linked `keytrail` would be run by the shell.
export default (defaults, rspack) => ({
  ...defaults,
  plugins: [...defaults.plugins, new rspack.BannerPlugin({ banner: '#!/usr/bin/env node', raw: true, entryOnly: true })],
});
