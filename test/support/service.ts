import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { inTime } from '#flow';
import { endWithSuite } from './children.js';

/** npm runs every script in the project's root. */
const MAIN = resolve('dist/apps/service/src/main.js');
/* Guards against what never ends; a busy machine is no failure. */
const START_MS_MAX = 120_000;
const ANSWER_MS_MAX = 90_000;
const READ_WAIT_MS = '60000';
const SHUTDOWN_TIMEOUT_MS = '60000';

export const KEYS = {
  admin: { app_id: 'admin-app', token: 'admin-secret' },
  read: { app_id: 'read-app', token: 'read-secret' },
  write: { app_id: 'write-app', token: 'write-secret' },
  ingest: { app_id: 'ingest-app', token: 'ingest-secret' },
  audit: { app_id: 'audit-app', token: 'audit-secret' },
} as const;

const LEDGER_KEYS = Object.entries(KEYS)
  .map(([role, key]) => `${key.app_id}:${key.token}:${role}`)
  .join(',');

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Answers are looked at field by field in the tests.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

export interface CallOptions {
  readonly key?: { readonly app_id: string; readonly token: string } | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Sent as it is, instead of `body` as JSON. */
  readonly raw?: string;
}

/** The built service as its users run it: a process of its own on a scratch directory and a free port. */
export class Service {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    readonly directory: string,
    readonly output: readonly string[],
  ) {}

  static async start(options: { directory?: string; env?: Readonly<Record<string, string>> } = {}): Promise<Service> {
    const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'ledger-test-')));
    const child = endWithSuite(
      spawn(process.execPath, ['--max-semi-space-size=64', '--enable-source-maps', MAIN], {
        env: {
          PATH: process.env['PATH'],
          DATA_DIR: directory,
          PORT: '0',
          LEDGER_KEYS,
          LOG_LEVEL: 'warn',
          READ_WAIT_MS,
          SHUTDOWN_TIMEOUT_MS,
          ...options.env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    const output: string[] = [];
    const url = await listening(child, output);
    return new Service(child, url, directory, output);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const key = options.key === undefined ? KEYS.admin : options.key;
    const body = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(key && { 'x-app-id': key.app_id, 'x-app-token': key.token }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(body !== undefined && { body }),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: json(text) };
  }

  /** Hands facts over as one CloudEvents batch. */
  facts(facts: readonly object[], key: CallOptions['key'] = KEYS.ingest): Promise<Answer> {
    return this.call('POST', '/v1/facts', {
      key: key ?? null,
      raw: JSON.stringify(facts),
      headers: { 'content-type': 'application/cloudevents-batch+json' },
    });
  }

  /** For freezing and thawing. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Asks the service to end; throws what it said when it does not end in order. */
  async stop(): Promise<void> {
    const code = await this.end('SIGTERM');
    if (code !== 0) throw new Error(`the service ended with ${code}:\n${this.output.slice(-50).join('\n')}`);
  }

  /** Ends it without a word, as a power cut would (but for the page cache). */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async discard(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }
}

/** Resolves with the address that the service prints once it listens. */
async function listening(child: ChildProcess, output: string[]): Promise<string> {
  if (!child.stdout || !child.stderr) throw new Error('the service has no output');
  createInterface({ input: child.stderr }).on('line', (line) => output.push(line));
  const lines = createInterface({ input: child.stdout });
  const told = new Promise<string>((done, failed) => {
    lines.on('line', (line) => {
      output.push(line);
      const url = /listens on (http:\S+)/.exec(line)?.[1];
      if (url !== undefined) done(url);
    });
    child.once('exit', (code) => failed(new Error(`the service ended with ${code}:\n${output.join('\n')}`)));
  });
  const url = await inTime(START_MS_MAX, told);
  if (url === undefined) throw new Error(`the service did not start:\n${output.join('\n')}`);
  return url;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
