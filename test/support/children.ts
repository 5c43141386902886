import type { ChildProcess } from 'node:child_process';

const running = new Set<ChildProcess>();

/** Ends with the suite at the latest: a child that a failed test has left keeps the test runner waiting for ever. */
export function endWithSuite<T extends ChildProcess>(child: T): T {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

// benches start the same services, and have no such hook
const { afterAll } = globalThis as { afterAll?: (end: () => void) => void };
afterAll?.(() => running.forEach((child) => child.kill('SIGKILL')));
