import { asyncApi } from '../../apps/service/src/feed/asyncapi.js';
import { COCKPIT_ENV } from '../support/cockpit.js';
import type { Service } from '../support/service.js';

/** Settings under which the service offers all its routes. */
export const ALL_ROUTES = COCKPIT_ENV;

/** The documents that the code makes and `npm run docs` writes, by path. */
export async function generatedDocuments(service: Service): Promise<Readonly<Record<string, object>>> {
  const { body } = await service.call('GET', '/openapi.json');
  return { 'docs/openapi.json': body as object, 'docs/asyncapi.json': asyncApi() };
}
