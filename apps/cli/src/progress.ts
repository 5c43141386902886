import { Presets, SingleBar } from 'cli-progress';

const LINE_EVERY_MS = 2_000;

export interface Progress {
  advance(count: number): void;
  stop(): void;
}

/** A bar for a terminal, a line now and then for a log. `done` counts the work of an earlier run. */
export function progressOf(what: string, total: number, done = 0, out: NodeJS.WriteStream = process.stdout): Progress {
  return out.isTTY ? bar(what, total, done, out) : lines(what, total, done, out);
}

function bar(what: string, total: number, done: number, out: NodeJS.WriteStream): Progress {
  const rate = rateSince();
  let count = 0;
  const format = `${what} {bar} {percentage} % | {value}/{total} | {rate}/s | {eta_formatted} left`;
  const single = new SingleBar({ format, stream: out, hideCursor: true }, Presets.shades_classic);
  single.start(total, done, { rate: 0 });
  return {
    advance: (more) => single.increment(more, { rate: rate((count += more)) }),
    stop: () => single.stop(),
  };
}

function lines(what: string, total: number, done: number, out: NodeJS.WriteStream): Progress {
  const rate = rateSince();
  let count = 0;
  let last = Date.now();
  const say = (): void => void out.write(`${what}: ${done + count} of ${total}, ${rate(count)}/s\n`);
  return {
    advance: (more) => {
      count += more;
      if (Date.now() - last < LINE_EVERY_MS) return;
      last = Date.now();
      say();
    },
    stop: say,
  };
}

function rateSince(start = Date.now()): (count: number) => number {
  return (count) => Math.round((count * 1000) / Math.max(1, Date.now() - start));
}
