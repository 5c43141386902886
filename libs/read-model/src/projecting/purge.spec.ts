import { expect, test } from '@jest/globals';
import { createCustomer, eraseCustomer } from '#customer';
import { at } from '../histories.double.js';
import { Log } from '../log.double.js';
import { Projector } from './projector.js';
import { ReadModel } from '../read-model.js';

test('the next projector purges after an erasure when the previous one could not', async () => {
  const model = await ReadModel.open({ file: ':memory:' });
  let purges = 0;
  const purgedBy = (purge: () => Promise<boolean>) => Object.create(model, { purge: { value: purge } }) as ReadModel;
  const log = new Log();
  log.decide('cust_1', createCustomer, { source_id: 's1' }, at(1));
  log.decide('cust_1', eraseCustomer, undefined, at(2));

  const dying = new Projector(
    purgedBy(() => Promise.reject(new Error('killed'))),
    log,
    log,
  );
  await expect(dying.step(log.batch())).rejects.toThrow('killed');
  const next = () =>
    new Projector(
      purgedBy(() => Promise.resolve(++purges > 0)),
      log,
      log,
    ).attach();
  await next();
  await next();

  expect(purges).toBe(1);
  await model.close();
});
