import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { Service } from '../support/service.js';
import { ALL_ROUTES, generatedDocuments } from './generated.js';

/* `npm run docs`: writes the descriptions of the service, formatted; test/e2e/border.spec.ts compares the committed ones. */

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
