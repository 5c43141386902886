import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { Complaint } from './complaint.js';
import { type Progress, progressOf } from './progress.js';

interface Report {
  readonly events: number;
  readonly customers_compared: number;
  readonly customers_differing: number;
  readonly differing: readonly {
    readonly customer: string;
    readonly revision: number;
    readonly paths: readonly string[];
    readonly paths_total: number;
  }[];
  readonly counters: readonly string[];
}

interface Rebuild {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly is_open: boolean;
  readonly events: number;
  readonly position: string | null;
  readonly target: string | null;
  readonly rate: number;
  readonly seconds_left: number | null;
  readonly error: string | null;
  readonly report: Report | null;
}

interface Options {
  readonly url: string;
  readonly key?: string;
  readonly checkOnly: boolean;
  readonly customer?: string;
  readonly switchBack: boolean;
  readonly report?: string;
  readonly pause: boolean;
  readonly resume: boolean;
  readonly cancel: boolean;
  readonly status: boolean;
  readonly follow: boolean;
}

const REQUEST_MS_MAX = 30_000;
const LOOK_MS = 500;
/** A service that restarts is waited for this long. */
const AWAY_MS_MAX = 60_000;
const SHOWN_MAX = 50;

/** `ledger rebuild`: builds the read model anew beside the live one, compares, switches. */
export function rebuildCommand(): Command {
  return new Command('rebuild')
    .description('Build the read model anew beside the live one, compare them field by field, and switch')
    .option('--check-only', 'compare and report, change nothing; exits 1 when something differs', false)
    .option('--customer <id>', 'only this customer, in its place')
    .option('--switch-back', 'make the generation before the last switch the live one again', false)
    .option('--report <file>', 'write the report there, as JSON')
    .option('--status', 'show how far the latest rebuild is', false)
    .option('--follow', 'follow the rebuild that is under way', false)
    .option('--pause', 'let the rebuild that is under way rest', false)
    .option('--resume', 'let it go on', false)
    .option('--cancel', 'give it up: what was built is dropped', false)
    .option('--url <url>', 'service (LEDGER_URL)', process.env['LEDGER_URL'] ?? 'http://127.0.0.1:3000')
    .option('--key <app-id:token>', 'key with the role admin (LEDGER_KEY)')
    .action(async (options: Options) => {
      const key = options.key ?? process.env['LEDGER_KEY'];
      if (key === undefined) throw new Complaint('Name a key: LEDGER_KEY=app-id:token or --key app-id:token');
      await run(new Rebuilds(options.url.replace(/\/+$/, ''), key), options);
    });
}

async function run(rebuilds: Rebuilds, options: Options): Promise<void> {
  const { customer, checkOnly: check_only, switchBack, status, pause, resume, cancel, follow } = options;
  const wish = (pause && 'pause') || (resume && 'resume') || (cancel && 'cancel');
  if (status || wish || follow) {
    const { id, is_open } = await rebuilds.latest();
    if (wish) return print(await rebuilds.call('POST', `/${id}/${wish}`));
    if (status || !is_open) return print(await rebuilds.call('GET', `/${id}`));
    return finish(await watch(rebuilds, id), options);
  }
  const body = { check_only, ...(customer !== undefined && { customer }) };
  const { id } = switchBack
    ? await rebuilds.call<Rebuild>('POST', '/switch-back')
    : await rebuilds.call<Rebuild>('POST', '', body);
  return finish(await watch(rebuilds, id), options);
}

/** Shows the progress until the rebuild is over. Leaving does not end it. */
async function watch(rebuilds: Rebuilds, id: string): Promise<Rebuild> {
  const leave = (): never => {
    process.stderr.write(`\n${id} goes on without us: ledger rebuild --follow shows it, --cancel gives it up\n`);
    process.exit(130);
  };
  process.once('SIGINT', leave);
  let progress: Progress | undefined;
  let [shown, state, total] = [0, '', 0];
  try {
    for (;;) {
      const now = await rebuilds.patiently(id);
      if (now.state !== state) {
        state = now.state;
        progress?.stop();
        progress = undefined;
        if (state !== 'building') console.log(state);
      }
      if (!now.is_open) return now;
      if (state === 'building') {
        // positions, not events: how many events are to come is known to nobody
        if (progress === undefined || Number(now.target ?? 0) > total * 1.01) {
          progress?.stop();
          [total, shown] = [Number(now.target ?? 0), Number(now.position ?? 0)];
          progress = progressOf('history', total, shown);
        }
        progress.advance(Math.max(0, Number(now.position ?? 0) - shown));
        shown = Math.max(shown, Number(now.position ?? 0));
      }
      await sleep(LOOK_MS);
    }
  } finally {
    progress?.stop();
    process.removeListener('SIGINT', leave);
  }
}

async function finish(rebuild: Rebuild, { report: file, checkOnly }: Options): Promise<void> {
  if (file !== undefined) await writeFile(file, `${JSON.stringify(rebuild.report, null, 2)}\n`);
  print(rebuild);
  if (rebuild.state !== 'done') throw new Complaint(`The rebuild was not carried out: ${rebuild.error ?? rebuild.state}`);
  const { customers_differing = 0, counters = [] } = rebuild.report ?? {};
  if (checkOnly && (customers_differing > 0 || counters.length > 0)) process.exitCode = 1;
}

function print(rebuild: Rebuild): void {
  const { id, kind, state, events, rate, seconds_left, report } = rebuild;
  const left = seconds_left === null ? '' : `, ${seconds_left} s left`;
  console.log(`${id} (${kind}): ${state}, ${events} events, ${rate}/s${left}`);
  if (report === null) return;
  const { customers_compared, customers_differing, differing, counters } = report;
  console.log(`${customers_compared} customers compared, ${customers_differing} differ`);
  for (const { customer, revision, paths, paths_total } of differing.slice(0, SHOWN_MAX)) {
    const more = paths_total > paths.length ? `, and ${paths_total - paths.length} more` : '';
    console.log(`  ${customer} at revision ${revision}: ${paths.join(', ')}${more}`);
  }
  if (customers_differing > SHOWN_MAX) console.log('  ... (--report FILE has more)');
  if (counters.length > 0) console.log(`totals that differ: ${counters.join(', ')}`);
}

/** The service, asked about rebuilds. */
class Rebuilds {
  private readonly headers: Readonly<Record<string, string>>;

  constructor(
    private readonly url: string,
    key: string,
  ) {
    const [appId = '', ...token] = key.split(':');
    this.headers = { 'x-app-id': appId, 'x-app-token': token.join(':'), 'content-type': 'application/json' };
  }

  /** Throws a Complaint with what the service says, or that it cannot be reached. */
  async call<T = Rebuild>(method: string, path: string, body?: object): Promise<T> {
    const signal = AbortSignal.timeout(REQUEST_MS_MAX);
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${this.url}/v1/rebuilds${path}`, { method, headers: this.headers, signal, ...sent }).catch((error: unknown) => {
      throw new Away(`${this.url} cannot be reached: ${error instanceof Error ? error.message : String(error)}`);
    }); // prettier-ignore
    const text = await response.text();
    if (response.status >= 500) throw new Away(`${this.url} answers ${response.status}`);
    if (!response.ok) throw new Complaint(`${this.url} answers ${response.status}: ${detailsOf(text)}`);
    return JSON.parse(text) as T;
  }

  /** Looks again while the service restarts. */
  async patiently(id: string): Promise<Rebuild> {
    const until_ms = performance.now() + AWAY_MS_MAX;
    for (;;) {
      try {
        return await this.call('GET', `/${id}`);
      } catch (error) {
        if (!(error instanceof Away) || performance.now() > until_ms) throw error;
        await sleep(LOOK_MS);
      }
    }
  }

  /** The one that was asked for last. Throws a Complaint when there is none. */
  async latest(): Promise<Rebuild> {
    const { rebuilds } = await this.call<{ rebuilds: readonly Rebuild[] }>('GET', '');
    const latest = rebuilds.find(({ is_open }) => is_open) ?? rebuilds[0];
    if (latest === undefined) throw new Complaint('There was no rebuild yet');
    return latest;
  }
}

class Away extends Complaint {}

function detailsOf(text: string): string {
  try {
    return (JSON.parse(text) as { details?: string }).details ?? text.slice(0, 500);
  } catch {
    return text.slice(0, 500);
  }
}
