import { expect, test } from '@jest/globals';
import pg from 'pg';
import { FOLD_VERSION } from '#customer';
import { ended } from '../support/async-action.js';
import type { Answer, Service } from '../support/service.js';
import { eventually } from '../support/wait.js';
import { answersOf } from '../upgrade/answers.js';
import { judged } from '../upgrade/changes.js';
import { happenings } from '../upgrade/happenings.js';
import { Deployment } from './deployment.js';
import { engineSuite } from './engine.js';

const [SEED, FACTS, BATCH] = [16, 400, 50];
const MOVED = ['jobs', 'job_parts', 'metadata_schemas', 'webhooks', 'webhook_deliveries'];
/** The rows of the version before, under the names of its work; some of them have a schema of their own now. */
const AGE = `
  ${MOVED.map((table) => `alter table operations.${table} set schema public;`).join('\n')}
  insert into layouts select * from operations.layouts where work = 'webhooks';
  insert into shards select * from operations.shards where work = 'webhooks';
  drop schema operations cascade;
  delete from kysely_migration where name = '0011-operations-moved';
  update generations set fold_version = 1, renewed_to = null;
  update layouts set work = 'projector' where work = 'projector-${FOLD_VERSION}';
  update shards set work = 'projector' where work = 'projector-${FOLD_VERSION}';
  update members set work = 'projector' where work = 'projector-${FOLD_VERSION}';
  update customers set head = '{"of":"another fold"}', document = null;
  delete from orders where order_id like '%1';`;

engineSuite('an upgrade of instances on one PostgreSQL and one event store', 'TEST_DATABASE_URL', (server) => {
  test('instances that start together rebuild the rows of the version before, and move records, once', async () => {
    // the auditor mends rows as well, which would hide the difference
    const settings = { WEBHOOKS_ALLOW_PRIVATE: 'true', AUDIT_INTERVAL_MS: '0' };
    const deployment = await Deployment.open(server, settings);
    const former = await deployment.start(0);
    const facts = happenings(SEED, FACTS);
    for (let from = 0; from < facts.length; from += BATCH) await former.facts(facts.slice(from, from + BATCH));
    const { body: hook } = await former.call('POST', '/v1/webhooks', {
      body: { target_url: 'http://127.0.0.1:9/', events: ['customer.deleted'] },
    });
    await former.call('PUT', '/v1/metadata-schemas/order', { body: { properties: { note: { type: 'string' } } } });
    const { body: bulk } = await former.call('POST', '/v1/customers/bulk/async', { body: [{ source_id: 'bulk-1' }] });
    await ended(former, bulk.async_action_id);
    const { body: made } = await former.call('POST', '/v1/exports', { body: { exported_object: 'order' } });
    await eventually(async () =>
      expect((await former.call('GET', `/v1/exports/${made.id}`)).body).toMatchObject({ status: 'DONE' }),
    );
    const was = await answersOf(former, []);
    expect(Object.keys(was.others).filter((kind) => Object.keys(was.others[kind as 'actions']).length > 0)).toEqual(
      expect.arrayContaining(['metadata_schemas', 'webhooks', 'actions', 'reports', 'exports', 'files']),
    );
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
    const check = new pg.Client({ connectionString: deployment.database.url });
    await check.connect();
    const left = `select tablename, schemaname from pg_tables where tablename = any($1) and schemaname <> 'operations'`;
    expect((await check.query(left, [MOVED])).rows).toEqual([]);
    await check.end();
    await deployment.close();
  });
});

const ready = (service: Service): Promise<Answer> => service.call('GET', '/health/ready');
