import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { RUNS, SEEDS } from '../../libs/customer/src/runs.fixture.js';
import { HttpLedger } from '../support/arrival/http-ledger.js';
import { expectSameAnswers } from '../support/arrival/property.js';
import { Service } from '../support/service.js';

let service: Service;
let ledger: HttpLedger;

beforeAll(async () => {
  service = await Service.start();
  ledger = await new HttpLedger(service).prepare();
});
afterAll(() => service.discard());

describe('the same facts, permuted, duplicated and in other batches, give the same answers over HTTP', () => {
  test.each(SEEDS)(`${RUNS.http} histories of seed %i`, (seed) => expectSameAnswers(ledger, seed, RUNS.http));
});
