import { existsSync } from 'node:fs';
import { describe, test } from '@jest/globals';
import { chromium, type Browser } from 'playwright-core';

const EXECUTABLES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const START_MS_MAX = 60_000;

const executable = process.env['CHROMIUM'] ?? EXECUTABLES.find((path) => existsSync(path));

/** Runs a suite where there is a browser; otherwise says in one line how to get one. */
export function browserSuite(name: string, suite: () => void): void {
  if (executable !== undefined) return describe(name, suite);
  const line = `${name}: needs Chromium; apt-get install chromium, or CHROMIUM=/path/to/it`;
  // Jest names left out tests only when it is told to be verbose
  process.stdout.write(`not run: ${line}\n`);
  test.skip(line, () => undefined);
}

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: executable as string,
    timeout: START_MS_MAX,
    // a root user, as in containers, has no sandbox
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
