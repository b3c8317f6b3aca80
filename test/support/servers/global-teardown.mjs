export default async function globalTeardown() {
  await globalThis.__keytrailKeeper.close();
}
