import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadModel } from '../read-model.js';
import { readersContract } from '../rebuild/readers.contract.js';

const folder = await mkdtemp(join(tmpdir(), 'read-model-'));

readersContract(() => ReadModel.open({ file: join(folder, 'read.db') }));
