import type { Role } from '../config.js';

export interface Caller {
  readonly app_id: string;
  readonly roles: ReadonlySet<Role>;
  readonly channel: 'API' | 'CLIENT_API' | 'COCKPIT';
}
