import { ReadModel } from '../read-model.js';
import { readModelContract } from '../read-model.contract.js';

readModelContract(() => ReadModel.open({ file: ':memory:' }));
