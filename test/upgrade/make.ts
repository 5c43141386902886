import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import Database from 'libsql';
import { Service } from '../support/service.js';
import { type Answers, answersOf } from './answers.js';
import { cases } from './cases.js';
import { pack, saveAnswers, SETTINGS } from './folder.js';
import { happenings } from './happenings.js';
import { Play } from './play.js';

/*
 * Makes the golden folder. To be run with version 0.1.0 only, whose format it keeps: a later version would write its own.
 * `npx nest build && node dist/test/upgrade/make.js`
 */

const [SEED, FACTS] = [15, 640];
const KEPT_HOURS_MAX = '8760';
/** So that jobs are still there however old the folder gets. */
const NEVER = '2999-01-01T00:00:00.000Z';
/** Segments and webhooks are through when so many looks at everything find the same. */
const [QUIET_TIMES, QUIET_MS] = [3, 1_000];

/** The answers once nothing changes them any more. */
async function settled(service: Service, gone: readonly string[]): Promise<Answers> {
  let answers = await answersOf(service, gone);
  for (let times = 0; times < QUIET_TIMES;) {
    await sleep(QUIET_MS);
    const again = await answersOf(service, gone);
    const isQuiet = again.others.deliveries.every(({ state }) => state !== 'waiting');
    times = isQuiet && isDeepStrictEqual(again, answers) ? times + 1 : 0;
    answers = again;
  }
  return answers;
}

/** All of each database in its one file. */
function close(directory: string): void {
  for (const name of ['events', 'keys', 'read-model']) {
    const db = new Database(join(directory, `${name}.db`));
    if (name === 'read-model') db.prepare('update jobs set expires_at = ?').run(NEVER);
    db.pragma('wal_checkpoint(truncate)');
    db.close();
  }
}

const directory = await mkdtemp(join(tmpdir(), 'ledger-golden-'));
const hearer = createServer((request, response) => {
  request.resume();
  response.end();
});
await new Promise<void>((done) => hearer.listen(0, '127.0.0.1', done));
const service = await Service.start({ directory, env: { ...SETTINGS, JOBS_KEPT_HOURS: KEPT_HOURS_MAX } });
const play = new Play(service, `http://127.0.0.1:${(hearer.address() as AddressInfo).port}/hook`);

await play.define();
const facts = happenings(SEED, FACTS);
await play.tell(facts.slice(0, FACTS / 2));
await play.command();
await play.tell(facts.slice(FACTS / 2));
await play.tell(cases, 1);
// what it leaves in files is forgotten with the next erasure
await play.work();
const gone = await play.forget();
await play.work();
await play.exportAll();
const answers = await settled(service, gone);
await service.stop();
hearer.close();
close(directory);
await pack(directory);
await saveAnswers(answers);
await rm(directory, { recursive: true });
const { statuses } = play;
process.stdout.write(`${JSON.stringify({ customers: Object.keys(answers.customers).length, gone, statuses })}\n`);
