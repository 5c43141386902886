import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  accessSync,
  chownSync,
  constants,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { inTime } from '#flow';
import { endWithSuite } from '../support/children.js';

/** A PostgreSQL server of its own on a free port of 127.0.0.1, with a scratch folder that goes with it. */
export interface PostgresServer {
  readonly url: string;
  /** Where its data files are. */
  readonly folder: string;
  /** Shuts down and removes the folder. */
  stop(): Promise<void>;
  /** Ends it as a power cut would; `restart` brings it back. */
  kill(): Promise<void>;
  /** Starts it again on the same port; one that runs is shut down before. */
  restart(): Promise<void>;
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const DEBIAN = '/usr/lib/postgresql';
const USER = 'ledger';
const INITDB_MS_MAX = 60_000;
const START_MS_MAX = 30_000;
const STOP_MS_MAX = 20_000;
const PAUSE_MS = 50;

type Settings = Readonly<Record<string, string | number>>;

/** Undefined where PostgreSQL is not installed. Throws when it does not start. */
export async function startPostgres(settings: Settings = {}): Promise<PostgresServer | undefined> {
  const binaries = findBinaries();
  if (binaries === undefined) return undefined;
  const owner = process.getuid?.() === 0 ? unprivileged() : undefined;
  // a short path: the server refuses sockets with a long one, and /tmp can be entered by any user
  const scratch = realpathSync(mkdtempSync('/tmp/ledger-postgres-'));
  const password = randomBytes(16).toString('hex');
  try {
    const passwords = join(scratch, 'password');
    writeFileSync(passwords, password, { mode: 0o600 });
    if (owner) for (const path of [scratch, passwords]) chownSync(path, owner.uid, owner.gid);
    const folder = join(scratch, 'data');
    await initialise(binaries, folder, passwords, owner);
    const server = new Server(binaries, scratch, owner, { ...settings, port: await freePort() }, password);
    await server.start();
    return server;
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    throw error;
  }
}

class Server implements PostgresServer {
  readonly url: string;
  readonly folder: string;
  private child: ChildProcess | undefined;

  private readonly quit = (): void => void this.child?.kill('SIGQUIT');

  constructor(
    private readonly binaries: string,
    private readonly scratch: string,
    private readonly owner: Owner | undefined,
    private readonly settings: Settings & { readonly port: number },
    password: string,
  ) {
    this.url = `postgres://${USER}:${password}@127.0.0.1:${settings.port}/postgres`;
    this.folder = join(scratch, 'data');
  }

  async start(): Promise<void> {
    const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...this.settings };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = endWithSuite(run(this.binaries, 'postgres', ['-D', this.folder, ...args], this.owner));
    this.child = child;
    // nothing stops it when this process ends without a word
    process.once('exit', this.quit);
    const told = tail(child);
    const end_ms = performance.now() + START_MS_MAX;
    while (!(await this.answers())) {
      if (child.exitCode !== null || performance.now() > end_ms) {
        await this.end('SIGQUIT');
        throw new Error(`PostgreSQL did not start: ${told()}`);
      }
      await sleep(PAUSE_MS);
    }
  }

  async stop(): Promise<void> {
    await this.end('SIGINT');
    await rm(this.scratch, { recursive: true, force: true });
  }

  async kill(): Promise<void> {
    await this.end('SIGQUIT');
  }

  async restart(): Promise<void> {
    await this.end('SIGINT');
    await this.start();
  }

  /** SIGINT is an orderly shutdown that ends connections, SIGQUIT one without a checkpoint. */
  private async end(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    const { child } = this;
    this.child = undefined;
    process.off('exit', this.quit);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    if (!(await inTime(STOP_MS_MAX, ended))) child.kill('SIGKILL');
    await ended;
  }

  private async answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 1_000, query_timeout: 1_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select 1');
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

async function initialise(binaries: string, folder: string, passwords: string, owner?: Owner): Promise<void> {
  const options = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C.UTF-8', `--username=${USER}`];
  const child = run(binaries, 'initdb', ['-D', folder, `--pwfile=${passwords}`, ...options], owner);
  const told = tail(child);
  const forced = setTimeout(() => child.kill('SIGKILL'), INITDB_MS_MAX);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(forced);
  if (code !== 0) throw new Error(`initdb failed: ${told()}`);
}

function run(binaries: string, name: string, args: readonly string[], owner: Owner | undefined): ChildProcess {
  // the environment of the tests may name another server
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  return spawn(join(binaries, name), args, { cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe'], ...owner });
}

/** The last of what a process says. */
function tail(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-2_000)));
  child.on('error', (error) => (text += String(error)));
  return () => text.trim();
}

/** True when a server can be started here. */
export const isPostgresInstalled = (): boolean => findBinaries() !== undefined;

/** The folder of `initdb` and `postgres`: on the path, else the newest where Debian keeps them. */
function findBinaries(): string | undefined {
  const onPath = (process.env['PATH'] ?? '').split(delimiter);
  return [...onPath, ...debianFolders()].find(
    (folder) => folder !== '' && ['initdb', 'postgres'].every((name) => isExecutable(join(folder, name))),
  );
}

function debianFolders(): string[] {
  try {
    const versions = readdirSync(DEBIAN).sort((one, other) => Number(other) - Number(one));
    return versions.map((version) => join(DEBIAN, version, 'bin'));
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The server refuses to run as root. */
function unprivileged(): Owner {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!user) throw new Error('PostgreSQL needs a user other than root');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** By hand: prints the address and runs until it is told to stop. */
async function main(): Promise<void> {
  const server = await startPostgres();
  if (!server) {
    process.stderr.write('PostgreSQL is not installed here\n');
    process.exitCode = 1;
    return;
  }
  process.stdout.write(`${server.url}\n`);
  const waiting = setInterval(() => undefined, 60_000);
  await Promise.race(['SIGTERM', 'SIGINT'].map((signal) => once(process, signal)));
  clearInterval(waiting);
  await server.stop();
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
