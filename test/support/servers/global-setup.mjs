import { launchKeeper } from './launch-keeper.mjs';

export default async function globalSetup() {
  const keeper = await launchKeeper();
  process.env.KEYTRAIL_TEST_KEEPER = keeper.socketPath;
  globalThis.__keytrailKeeper = keeper;
}
