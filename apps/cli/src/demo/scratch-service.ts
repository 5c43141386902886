import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { inTime } from '#flow';
import type { LedgerAddress } from '../address.js';
import { Complaint } from '../complaint.js';

const MAIN = fileURLToPath(new URL('../../../service/src/main.js', import.meta.url));
const START_MS_MAX = 30_000;
const STOP_MS_MAX = 15_000;
/** Settings of the user's own service that must not reach the temporary one. */
const NOT_PASSED_ON = /^(HOST|LEDGER_.*|COCKPIT_URL)$/;

/** The built service on a temporary directory, which is removed with it. */
export class ScratchService {
  private constructor(
    private readonly child: ChildProcess,
    /** The data directory. */
    readonly folder: string,
    readonly address: LedgerAddress,
  ) {}

  /** Starts the service and waits for its address and key. */
  static async start(): Promise<ScratchService> {
    const folder = await mkdtemp(join(tmpdir(), 'customer-ledger-demo-'));
    const own = Object.entries(process.env).filter(([name]) => !NOT_PASSED_ON.test(name));
    const env = { ...Object.fromEntries(own), PORT: '0', DATA_DIR: folder, LOG_LEVEL: 'error' };
    // a process group of its own: Ctrl-C reaches only this process, which stops the service properly
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
    try {
      return new ScratchService(child, folder, await addressOf(child));
    } catch (error) {
      child.kill('SIGKILL');
      await remove();
      throw error;
    }
  }

  /** Resolves when the service ends by itself. */
  async ended(): Promise<void> {
    if (isRunning(this.child)) await once(this.child, 'exit');
  }

  async stop(): Promise<void> {
    if (isRunning(this.child)) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      if (!(await inTime(STOP_MS_MAX, ended))) this.child.kill('SIGKILL');
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

async function addressOf(child: ChildProcess): Promise<LedgerAddress> {
  const said: string[] = [];
  const notStarted = (): Complaint => new Complaint(['The service did not start.', ...said].join('\n'));
  const told = new Promise<LedgerAddress>((resolve, reject) => {
    const found: { url?: string | undefined; key?: string | undefined } = {};
    const { stdout } = child;
    if (!stdout) return reject(new Error('the service has no output'));
    createInterface({ input: stdout }).on('line', (line) => {
      if (said.length < 50) said.push(line);
      found.url ??= /^Customer Ledger listens on (\S+)/.exec(line)?.[1];
      found.key ??= /^API key \(shown once\): (\S+)/.exec(line)?.[1];
      if (found.url !== undefined && found.key !== undefined) resolve({ url: found.url, key: found.key });
    });
    child.once('error', reject);
    child.once('exit', () => reject(notStarted()));
  });
  const address = await inTime(START_MS_MAX, told);
  if (!address) throw notStarted();
  return address;
}
