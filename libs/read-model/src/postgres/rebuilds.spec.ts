import { engineSuite } from '../../../../test/engines/engine.js';
import { ReadModel } from '../read-model.js';
import { readersContract } from '../rebuild/readers.contract.js';
import { rebuildsContract } from '../rebuild/rebuilds.contract.js';
import { schemas } from '../../../../test/engines/schemas.js';

engineSuite('rebuilds in PostgreSQL', 'TEST_DATABASE_URL', (url) => {
  const newSchema = schemas(url);

  rebuildsContract(() => ReadModel.open({ url, schema: newSchema(), connections_max: 4 }));

  const shared = newSchema();
  readersContract(() => ReadModel.open({ url, schema: shared, connections_max: 4 }));
});
