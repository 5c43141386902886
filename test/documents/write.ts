import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { Service } from '../support/service.js';
import { ALL_ROUTES, generatedDocuments } from './generated.js';
import { DOCUMENTS_WITH_TABLES, withTables } from './tables.js';

/*
 * `npm run docs`: writes the descriptions of the service, formatted, and the tables in documents that the code makes.
 * test/e2e/border.spec.ts and test/architecture/documents.spec.ts compare the committed ones.
 */

const service = await Service.start({ env: ALL_ROUTES });
try {
  for (const [path, document] of Object.entries(await generatedDocuments(service))) {
    const options = await resolveConfig(path);
    await writeFile(path, await format(JSON.stringify(document, null, 2), { ...options, filepath: path }));
    process.stdout.write(`wrote ${path}\n`);
  }
} finally {
  await service.discard();
}

for (const path of DOCUMENTS_WITH_TABLES) {
  await writeFile(path, withTables(await readFile(path, 'utf8')));
  process.stdout.write(`wrote ${path}\n`);
}
