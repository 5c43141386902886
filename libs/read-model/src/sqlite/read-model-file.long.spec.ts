import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readModelContract } from '../read-model.contract.js';
import { ReadModel } from '../read-model.js';

readModelContract(async () => ReadModel.open({ file: join(await mkdtemp(join(tmpdir(), 'read-model-')), 'read.db') }));
