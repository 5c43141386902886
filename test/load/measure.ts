import autocannon from 'autocannon';
import { performance } from 'node:perf_hooks';

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

/** Runs something and tells how many of its `count` things were done in a second. */
export async function perSecond(count: number, run: () => Promise<void> | void): Promise<number> {
  const start = performance.now();
  await run();
  return (count * 1000) / (performance.now() - start);
}

/** Alternates between candidates, after one round that only warms them up, so that a noisy moment hits all of them; medians. */
export async function alternate<Name extends string>(
  rounds: number,
  candidates: { readonly [name in Name]: () => Promise<number> },
): Promise<{ [name in Name]: number }> {
  const names = Object.keys(candidates) as Name[];
  const seen = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const name of names) {
      const figure = await candidates[name]();
      if (round >= 0) seen.get(name)?.push(figure);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(seen.get(name) ?? [])])) as { [name in Name]: number };
}

export interface Load {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Record<string, string>;
  readonly body?: (n: number) => string;
  readonly connections: number;
  readonly seconds: number;
}

/** Requests per second that were answered with 200; anything else is an error. */
export async function requestsPerSecond({
  url,
  method,
  headers = {},
  body,
  connections,
  seconds,
}: Load): Promise<number> {
  let n = 0;
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    requests: [
      {
        method,
        headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
        ...(body && { setupRequest: (request: autocannon.Request) => ({ ...request, body: body(n++) }) }),
      },
    ],
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} answers were no success, ${result.errors} failed`);
  return result['2xx'] / result.duration;
}

const rows: string[] = [];

/** One line of the result, printed at once and kept for the table at the end. */
export function report(what: string, value: string, note = ''): void {
  rows.push(`| ${what} | ${value} | ${note} |`);
  process.stdout.write(`${what.padEnd(62)} ${value.padStart(16)}  ${note}\n`);
}

export const table = (): string => ['| what | figure | against |', '|---|---|---|', ...rows].join('\n');

export const rate = (value: number, unit: string): string => `${Math.round(value).toLocaleString('en')} ${unit}`;
export const percent = (part: number, whole: number): string => `${Math.round((100 * part) / whole)} %`;
