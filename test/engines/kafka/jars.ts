import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const FETCH_MS_MAX = 300_000;
const ASK_MS_MAX = 20_000;

/** The brokers that the suites run on; a version may be asked for by its beginning. */
export const KAFKA_VERSIONS = ['3.9.2', '4.4.0'] as const;

/** `3` or `3.9.x` -> `3.9.2`; a full version stays as it is. */
export function fullVersion(version: string): string {
  const beginning = version.replace(/\.?x$/, '');
  return KAFKA_VERSIONS.find((known) => known === version || known.startsWith(`${beginning}.`)) ?? version;
}

/** The repository, seen from the sources and from dist alike. */
function root(folder = import.meta.dirname): string {
  return existsSync(join(folder, 'package.json')) ? folder : root(dirname(folder));
}

const answers = (program: string, argument: string): Promise<boolean> =>
  run(program, [argument], { timeout: ASK_MS_MAX }).then(
    () => true,
    () => false,
  );

/** The folder with a broker's jars, fetched once with Maven; undefined when java or mvn is missing. */
export async function brokerJars(version: string): Promise<string | undefined> {
  if (!(await answers('java', '-version'))) return undefined;
  const cache = join(root(), 'node_modules/.cache/kafka');
  const jars = join(cache, version);
  if (existsSync(jars)) return jars;
  if (!(await answers('mvn', '-version'))) return undefined;
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(tmpdir(), 'customer-ledger-kafka-jars-'));
  try {
    await cp(join(root(), 'test/engines/kafka/pom.xml'), join(scratch, 'pom.xml'));
    await fetchJars(scratch, version);
    const fresh = await mkdtemp(join(cache, 'new-'));
    await cp(join(scratch, 'lib'), fresh, { recursive: true });
    // whole or not at all; another process may have been quicker
    await rename(fresh, jars).catch(() => rm(fresh, { recursive: true, force: true }));
    return jars;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function fetchJars(cwd: string, version: string): Promise<void> {
  const profile = version.startsWith('3.') ? 'kafka-3' : 'kafka-4';
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=lib'];
  await run('mvn', ['-q', '-B', ...goal, `-Dkafka.version=${version}`, '-P', profile], { cwd, timeout: FETCH_MS_MAX });
}
