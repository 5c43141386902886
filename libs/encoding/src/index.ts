export { canonical } from './canonical.js';
export { escaped } from './html.js';
export * as jsonSchema from './json-schema.js';
export type { JsonSchema } from './json-schema.js';
