import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { endWithSuite } from './children.js';

/** npm runs every script in the project's root. */
const MAIN = resolve('dist/test/standins/eventstoredb/main.js');
const START_MS_MAX = 60_000;

/** The stand-in of EventStoreDB as a process of its own, on one file for all its lives. */
export class StandIn {
  private constructor(
    private child: ChildProcess,
    private readonly file: string,
    readonly url: string,
  ) {}

  static async start(file: string): Promise<StandIn> {
    const [child, url] = await launch(file, 0);
    return new StandIn(child, file, url);
  }

  /** Without a word, and again on the same port. */
  async restart(): Promise<void> {
    await this.kill();
    [this.child] = await launch(this.file, Number(new URL(this.url.replace('esdb:', 'http:')).port));
  }

  /** For freezing and thawing. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}

async function launch(file: string, port: number): Promise<[ChildProcess, string]> {
  const child = endWithSuite(
    spawn(process.execPath, [MAIN, '--file', file, '--port', String(port)], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  const { stdout } = child;
  if (!stdout) throw new Error('the stand-in has no output');
  const impatience = setTimeout(() => child.kill('SIGKILL'), START_MS_MAX);
  try {
    for await (const line of createInterface({ input: stdout })) {
      const url = /esdb:\/\/\S+/.exec(line)?.[0];
      if (url === undefined) continue;
      stdout.resume();
      return [child, url];
    }
    throw new Error('the stand-in ended before it listened');
  } finally {
    clearTimeout(impatience);
  }
}
