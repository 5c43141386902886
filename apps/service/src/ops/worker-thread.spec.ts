import { afterEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { eventually } from '../../../../test/support/wait.js';
import { WorkerThread } from './worker-thread.js';

interface Said {
  readonly said: unknown;
}

/** A thread whose module is this text, with `main`, `task` and `post` at hand. */
class TestThread extends WorkerThread<Said> {
  readonly heard: unknown[] = [];
  readonly failures: (string | undefined)[] = [];

  constructor(text: string, stop_ms_max = 600_000) {
    const task = { settings: { SHARDS: 3 }, master_key: Buffer.alloc(2, 7) };
    const start = `import { parentPort as main, workerData as task } from 'node:worker_threads';
      const post = (message) => main.postMessage(message);`;
    const module = new URL(`data:text/javascript,${encodeURIComponent(`${start}\n${text}`)}`);
    super({ task, stop_ms_max, log: pino({ enabled: false }) }, 'test', module);
  }

  get failing(): string | undefined {
    return this.failure;
  }

  protected override hear({ said }: Said): void {
    this.heard.push(said);
    this.works();
  }

  protected override onFailure(): void {
    this.failures.push(this.failure);
  }
}

const started: TestThread[] = [];
afterEach(async () => void (await Promise.all(started.splice(0).map((thread) => thread.stop()))));

function start(text: string, stop_ms_max?: number): TestThread {
  const thread = new TestThread(text, stop_ms_max);
  started.push(thread);
  thread.start();
  return thread;
}
const heard = (thread: TestThread, ...said: unknown[]): Promise<void> =>
  eventually(async () => expect(thread.heard).toEqual(said));

describe('a worker thread', () => {
  test('is handed its settings and the secret, and its reports are heard', async () => {
    const thread = start(`
      post({ kind: 'report', report: { said: [task.settings, [...task.master_key]] } });
      main.once('message', () => main.close());`);
    await heard(thread, [{ SHARDS: 3 }, [7, 7]]);
  });

  test('reports why it fails, until it is ready', async () => {
    const thread = start(`
      post({ kind: 'failed', error: 'The database is away' });
      main.on('message', (message) => (message === 'stop' ? main.close() : post(message)));
      post({ kind: 'report', report: { said: 1 } });`);
    await heard(thread, 1);
    expect([thread.failing, thread.failures]).toEqual(['The database is away', ['The database is away']]);
  });

  test('reports no failure once it is ready again', async () => {
    const thread = start(`
      post({ kind: 'failed', error: 'The database is away' });
      post({ kind: 'ready' });
      post({ kind: 'report', report: { said: 1 } });
      main.once('message', () => main.close());`);
    await heard(thread, 1);
    expect([thread.failing, thread.failures]).toEqual([undefined, ['The database is away']]);
  });

  test('that dies is restarted, and reports a failure meanwhile', async () => {
    const thread = start(`
      post({ kind: 'report', report: { said: 'alive' } });
      throw new RangeError('gone');`);
    await eventually(async () => expect(thread.heard.length).toBeGreaterThan(2));
    await eventually(async () => expect(thread.failing).toBe('The test thread ended and is being restarted'));
    await thread.stop();
    const before = thread.heard.length;
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(thread.heard).toHaveLength(before);
  });

  test('finishes its current work before it stops', async () => {
    const thread = start(`
      post({ kind: 'report', report: { said: 'begun' } });
      main.once('message', (message) => setTimeout(() => {
        post({ kind: 'report', report: { said: [message, 'finished'] } });
        main.close();
      }, 100));`);
    await heard(thread, 'begun');
    await thread.stop();
    expect(thread.heard).toEqual(['begun', ['stop', 'finished']]);
  });

  test('that does not stop in time is terminated', async () => {
    const thread = start(
      `
      post({ kind: 'report', report: { said: 'begun' } });
      main.on('message', () => undefined);`,
      50,
    );
    await heard(thread, 'begun');
    await thread.stop();
    expect(thread.heard).toEqual(['begun']);
  });
});
