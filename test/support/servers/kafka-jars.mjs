// Apache Kafka's jars from Maven Central, kept outside the checkout.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runToEnd } from './owned-process.mjs';

let download;

/**
 * Downloads the jars unless they are there. The directory appears in one rename, so it is whole or absent.
 * @param {{ version: string, jarsDir: string }} options
 */
export async function ensureKafkaJars({ version, jarsDir }) {
  if (existsSync(jarsDir)) return;
  download ??= downloadJars(version, jarsDir).finally(() => { download = undefined; });
  await download;
}

async function downloadJars(version, target) {
  await mkdir(dirname(target), { recursive: true });
  const partial = await mkdtemp(`${target}.partial-`);
  try {
    const pom = join(partial, 'pom.xml');
    await writeFile(pom, pomFor(version));
    await runToEnd('mvn', ['-B', '-ntp', '-f', pom, 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${join(partial, 'jars')}`]);
    await rename(join(partial, 'jars'), target).catch((error) => {
      if (!existsSync(target)) throw error; // another run was first
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

// slf4j-simple lets a broker that does not start say why.
const pomFor = (version) => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>keytrail</groupId><artifactId>test-kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;
