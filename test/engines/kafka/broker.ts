import kafkajs from 'kafkajs';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inTime } from '#flow';
import { endWithSuite } from '../../support/children.js';
import { brokerJars, fullVersion } from './jars.js';
import { loggingProperties, serverProperties, type BrokerPlaces } from './settings.js';

const FORMAT_MS_MAX = 60_000;
const READY_MS_MAX = 90_000;
const STOP_MS_MAX = 20_000;
/** Starts faster, and is fast enough for tests. */
const JAVA_OPTIONS = ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

export interface BrokerOptions {
  /** A full version, or the beginning of one of KAFKA_VERSIONS. */
  readonly version: string;
  readonly port?: number;
  /** `host:port` of a proxy: a second listener tells it to its clients. */
  readonly advertised?: string;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A real single-node Kafka on 127.0.0.1; undefined when java or mvn is missing. */
export async function startBroker({ version, port, advertised }: BrokerOptions): Promise<Broker | undefined> {
  const full = fullVersion(version);
  const jars = await brokerJars(full);
  if (jars === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'customer-ledger-kafka-'));
  const places: BrokerPlaces = {
    port: port ?? (await freePort()),
    controller_port: await freePort(),
    ...(advertised !== undefined && { behind: { port: await freePort(), advertised } }),
    log_dir: join(folder, 'logs'),
  };
  const broker = new Broker(folder, jars, full, places);
  try {
    await broker.format();
    await broker.start();
    return broker;
  } catch (error) {
    await broker.stop();
    throw error;
  }
}

export class Broker {
  readonly brokers: string;
  /** Where a proxy has to connect to; undefined without `advertised`. */
  readonly behind: string | undefined;
  #java: ChildProcess | undefined;
  #said = '';
  readonly #onExit = (): void => void this.#java?.kill('SIGKILL');

  constructor(
    private readonly folder: string,
    private readonly jars: string,
    private readonly version: string,
    private readonly places: BrokerPlaces,
  ) {
    this.brokers = `127.0.0.1:${places.port}`;
    this.behind = places.behind && `127.0.0.1:${places.behind.port}`;
    process.on('exit', this.#onExit);
  }

  async format(): Promise<void> {
    const { text } = loggingProperties(this.version);
    await writeFile(join(this.folder, 'server.properties'), serverProperties(this.places, this.version));
    await writeFile(join(this.folder, 'log.properties'), text);
    const tool = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', 'server.properties'];
    await promisify(execFile)('java', [...this.#options(), ...tool], { cwd: this.folder, timeout: FORMAT_MS_MAX });
  }

  /** Starts the process on what its log directory holds; resolves once it answers. */
  async start(): Promise<void> {
    const args = [...this.#options(), 'kafka.Kafka', 'server.properties'];
    const java = endWithSuite(spawn('java', args, { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] }));
    java.stderr.on('data', (text: Buffer) => (this.#said = (this.#said + text.toString()).slice(-4_000)));
    this.#java = java;
    const until = performance.now() + READY_MS_MAX;
    while (!(await this.#answers())) {
      if (java.exitCode !== null) throw new Error(`Kafka ended with ${java.exitCode}: ${this.#said}`);
      if (performance.now() > until) throw new Error(`Kafka is not ready after ${READY_MS_MAX} ms: ${this.#said}`);
      await sleep(100);
    }
  }

  /** Stops the process, and starts it again on the same log directory and ports. */
  async restart(): Promise<void> {
    await this.#end('SIGTERM');
    await this.start();
  }

  /** The end of a power cut: nothing is said goodbye to; start() comes after it. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  pause(): void {
    this.#java?.kill('SIGSTOP');
  }

  resume(): void {
    this.#java?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    this.resume();
    await this.#end('SIGTERM');
    process.off('exit', this.#onExit);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const java = this.#java;
    this.#java = undefined;
    if (java === undefined || java.exitCode !== null || java.signalCode !== null) return;
    const ended = once(java, 'exit');
    java.kill(signal);
    if (!(await inTime(STOP_MS_MAX, ended))) java.kill('SIGKILL');
    await ended;
  }

  #options(): string[] {
    const logging = `${loggingProperties(this.version).option}${join(this.folder, 'log.properties')}`;
    return [...JAVA_OPTIONS, logging, '-cp', `${this.jars}/*`];
  }

  async #answers(): Promise<boolean> {
    const client = new kafkajs.Kafka({
      brokers: [this.brokers],
      logLevel: kafkajs.logLevel.NOTHING,
      connectionTimeout: 1_000,
      requestTimeout: 3_000,
      retry: { retries: 0 },
    });
    const admin = client.admin();
    try {
      await admin.connect();
      return (await admin.describeCluster()).brokers.length === 1;
    } catch {
      return false;
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}

/** Any UUID in Kafka's notation: 16 bytes as base64url. */
const CLUSTER_ID = Buffer.from('customer-ledger!').toString('base64url');

/** `node dist/test/engines/kafka/broker.js --version 3.9.x` says the address and runs until it is told to end. */
async function main(version: string): Promise<void> {
  const broker = await startBroker({ version });
  if (broker === undefined) {
    process.stderr.write('Kafka needs java 17 and mvn\n');
    process.exitCode = 1;
    return;
  }
  process.stdout.write(`${broker.brokers}\n`);
  const alive = setInterval(() => undefined, 60_000);
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  clearInterval(alive);
  await broker.stop();
}

if (process.argv[1] === import.meta.filename) await main(process.argv[process.argv.indexOf('--version') + 1] ?? '4');
