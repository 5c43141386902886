export { canonical } from './canonical.js';
export { escaped } from './html.js';
