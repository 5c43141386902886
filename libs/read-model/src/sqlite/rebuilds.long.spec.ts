import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { ReadModel } from '../read-model.js';
import { rebuildsContract } from '../rebuild/rebuilds.contract.js';

describe('in memory', () => rebuildsContract(() => ReadModel.open({ file: ':memory:' })));

describe('in a file', () =>
  rebuildsContract(async () =>
    ReadModel.open({ file: join(await mkdtemp(join(tmpdir(), 'read-model-')), 'read.db') }),
  ));
