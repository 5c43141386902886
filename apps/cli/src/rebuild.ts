import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { retry, sleep } from '#flow';
import { type AddressOptions, addressed } from './address.js';
import { Complaint } from './complaint.js';
import { clientFor, type LedgerClient, Unavailable } from './ledger-client.js';
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

interface Options extends AddressOptions {
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
/** The longest wait for a service that restarts is a minute. */
const WHILE_AWAY = {
  ...{ first_ms: LOOK_MS, last_ms: LOOK_MS, ms_max: 60_000 },
  isPassing: (error: unknown): boolean => error instanceof Unavailable,
};
const SHOWN_MAX = 50;
/** The bar restarts when the history has grown by more. */
const TARGET_GROWTH = 1.01;
const WISHES = ['pause', 'resume', 'cancel'] as const;
/** Each of these excludes the other options. */
const ALONE = ['switchBack', 'status', 'follow', ...WISHES] as const;

/** `ledger rebuild`: builds the read model anew beside the live one, compares, switches. */
export function rebuildCommand(): Command {
  const command = new Command('rebuild').description(
    'Build the read model anew beside the live one, compare them field by field, and switch',
  );
  return addressed(command, 'admin')
    .option('--check-only', 'compare and report, change nothing; exits 1 when something differs', false)
    .option('--customer <ref>', 'only this customer, by id or source id, in place')
    .option('--switch-back', 'make the generation before the last switch the live one again', false)
    .option('--report <file>', 'write the report to this file, as JSON')
    .option('--status', 'show the progress of the latest rebuild', false)
    .option('--follow', 'follow the running rebuild', false)
    .option('--pause', 'pause the running rebuild', false)
    .option('--resume', 'resume it', false)
    .option('--cancel', 'cancel it and drop its rows', false)
    .action((options: Options) => run(new Rebuilds(clientFor(options)), options));
}

async function run(rebuilds: Rebuilds, options: Options): Promise<void> {
  const { status, follow, checkOnly, customer } = options;
  const isBuilding = checkOnly || customer !== undefined;
  if (ALONE.filter((one) => options[one]).length + Number(isBuilding) > 1)
    throw new Complaint('--switch-back, --status, --follow, --pause, --resume and --cancel exclude other options');
  const wish = WISHES.find((one) => options[one]);
  if (!status && !follow && wish === undefined)
    return finish(await watch(rebuilds, await ask(rebuilds, options)), options);
  const { id, is_open } = await rebuilds.latest();
  if (wish) return print(await rebuilds.call('POST', [id, wish]));
  if (status || !is_open) return print(await rebuilds.call('GET', [id]));
  return finish(await watch(rebuilds, id), options);
}

async function ask(rebuilds: Rebuilds, { switchBack, checkOnly: check_only, customer }: Options): Promise<string> {
  if (switchBack) return (await rebuilds.call<Rebuild>('POST', ['switch-back'])).id;
  const body = { check_only, ...(customer !== undefined && { customer }) };
  return (await rebuilds.call<Rebuild>('POST', [], body)).id;
}

/** Shows the progress until the rebuild ends. Ctrl-C leaves it running. */
async function watch(rebuilds: Rebuilds, id: string): Promise<Rebuild> {
  const leave = (): never => {
    process.stderr.write(`\n${id} continues in the service: ledger rebuild --follow shows it, --cancel stops it\n`);
    process.exit(130);
  };
  process.once('SIGINT', leave);
  const view = new View();
  try {
    for (;;) {
      const now = await rebuilds.patiently(id);
      view.show(now);
      if (!now.is_open) return now;
      await sleep(LOOK_MS);
    }
  } finally {
    view.stop();
    process.removeListener('SIGINT', leave);
  }
}

/** A bar while rows are built, a line for everything else. */
class View {
  private progress: Progress | undefined;
  private state = '';
  private position = 0;
  private target = 0;

  show({ state, position, target }: Rebuild): void {
    if (state !== this.state) {
      this.stop();
      if (state !== 'building') console.log(state);
    }
    this.state = state;
    if (state === 'building' && target !== null) this.advance(Number(position ?? 0), Number(target));
  }

  stop(): void {
    this.progress?.stop();
    this.progress = undefined;
  }

  /** Measures positions, because the number of remaining events is unknown. The history grows meanwhile. */
  private advance(position: number, target: number): void {
    if (target > this.target * TARGET_GROWTH) this.stop();
    if (this.progress === undefined) {
      this.progress = progressOf('history', target, position);
      [this.target, this.position] = [target, position];
    }
    this.progress.advance(Math.max(0, position - this.position));
    this.position = Math.max(position, this.position);
  }
}

async function finish(rebuild: Rebuild, { report: file, checkOnly }: Options): Promise<void> {
  if (file !== undefined) await writeFile(file, `${JSON.stringify(rebuild.report, null, 2)}\n`);
  print(rebuild);
  if (rebuild.state !== 'done' || rebuild.error !== null)
    throw new Complaint(`The rebuild failed: ${rebuild.error ?? rebuild.state}`);
  if (checkOnly && differs(rebuild)) process.exitCode = 1;
}

const differs = ({ report }: Rebuild): boolean =>
  report !== null && (report.customers_differing > 0 || report.counters.length > 0);

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

/** The requests about rebuilds. */
class Rebuilds {
  constructor(private readonly client: LedgerClient) {}

  /** Throws a Complaint with the error of the service, or that it cannot be reached. */
  call<T = Rebuild>(method: 'GET' | 'POST', path: readonly string[], body?: object): Promise<T> {
    const asked = { method, path: ['rebuilds', ...path], ms_max: REQUEST_MS_MAX };
    return this.client.ask({ ...asked, ...(body !== undefined && { body }) });
  }

  /** Retries while the service restarts. */
  patiently(id: string): Promise<Rebuild> {
    return retry(() => this.call('GET', [id]), WHILE_AWAY);
  }

  /** The latest rebuild. Throws a Complaint when there is none. */
  async latest(): Promise<Rebuild> {
    const { rebuilds } = await this.call<{ rebuilds: readonly Rebuild[] }>('GET', []);
    const latest = rebuilds.find(({ is_open }) => is_open) ?? rebuilds[0];
    if (latest === undefined) throw new Complaint('There is no rebuild yet');
    return latest;
  }
}
