import { expect, test } from '@jest/globals';
import pg from 'pg';
import { FOLD_VERSION } from '#customer';
import { type Answer, type Service } from '../support/service.js';
import { eventually } from '../support/wait.js';
import { answersOf } from '../upgrade/answers.js';
import { judged } from '../upgrade/changes.js';
import { happenings } from '../upgrade/happenings.js';
import { Deployment } from './deployment.js';
import { engineSuite } from './engine.js';

const [SEED, FACTS, BATCH] = [16, 400, 50];
/** What the version before left: its rows, under the names of its work. */
const AGE = `
  update generations set fold_version = 1, renewed_to = null;
  update layouts set work = 'projector' where work = 'projector-${FOLD_VERSION}';
  update shards set work = 'projector' where work = 'projector-${FOLD_VERSION}';
  update members set work = 'projector' where work = 'projector-${FOLD_VERSION}';
  update customers set head = '{"of":"another fold"}', document = null;
  delete from orders where order_id like '%1';`;

engineSuite('an upgrade of instances on one PostgreSQL and one event store', 'TEST_DATABASE_URL', (server) => {
  test('instances that start together rebuild the rows of the version before once', async () => {
    // the auditor mends rows as well, which would hide the difference
    const settings = { WEBHOOKS_ALLOW_PRIVATE: 'true', AUDIT_INTERVAL_MS: '0' };
    const deployment = await Deployment.open(server, settings);
    const former = await deployment.start(0);
    const facts = happenings(SEED, FACTS);
    for (let from = 0; from < facts.length; from += BATCH) await former.facts(facts.slice(from, from + BATCH));
    const { body: hook } = await former.call('POST', '/v1/webhooks', {
      body: { target_url: 'http://127.0.0.1:9/', events: ['customer.created'] },
    });
    const was = await answersOf(former, []);
    await former.stop();
    const client = new pg.Client({ connectionString: deployment.database.url });
    await client.connect();
    await client.query(AGE);
    await client.end();

    const instances = await Promise.all([deployment.start(0), deployment.start(1)]);
    for (const one of instances)
      await eventually(async () => expect((await ready(one)).body).toMatchObject({ status: 'ok' }));
    const said = instances.flatMap(({ output }) => output.filter((line) => line.includes('rows are rebuilt')));
    expect(said).toHaveLength(1);
    for (const one of instances) {
      expect(judged(was, await answersOf(one, [])).unexplained).toEqual([]);
      expect((await one.call('GET', '/v1/webhooks')).body.webhooks).toMatchObject([{ id: hook.id }]);
    }
    await deployment.close();
  });
});

const ready = (service: Service): Promise<Answer> => service.call('GET', '/health/ready');
