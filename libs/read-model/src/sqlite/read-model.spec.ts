import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { readModelContract } from '../read-model.contract.js';
import { ReadModel } from '../read-model.js';

describe('in memory', () => readModelContract(() => ReadModel.open({ file: ':memory:' })));

describe('in a file', () =>
  readModelContract(async () =>
    ReadModel.open({ file: join(await mkdtemp(join(tmpdir(), 'read-model-')), 'read.db') }),
  ));
