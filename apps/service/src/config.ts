import { IsIn, IsInt, IsOptional, IsString, IsUrl, Matches, Max, Min, validateSync } from 'class-validator';
import { resolve } from 'node:path';

export const ROLES = ['read', 'write', 'ingest', 'audit', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** One `app-id:token:role` entry; several roles are joined by `+`. */
export interface ApiKey {
  readonly app_id: string;
  readonly token: string;
  readonly roles: readonly Role[];
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Every setting of the service. Names, defaults and meaning are documented in docs/operations.md. */
export class Config {
  @IsString() HOST = '127.0.0.1';
  @IsInt() @Min(0) @Max(65535) PORT = 3000;
  @IsString() DATA_DIR = './data';
  @IsOptional() @IsString() LEDGER_KEYS?: string;
  @IsOptional()
  @Matches(/^[A-Za-z0-9+/]{43}=$/, { message: 'LEDGER_MASTER_KEY must be 32 bytes in base64: openssl rand -base64 32' })
  LEDGER_MASTER_KEY?: string;
  @IsIn(LOG_LEVELS) LOG_LEVEL: (typeof LOG_LEVELS)[number] = 'info';
  @IsOptional() @IsUrl({ require_tld: false, require_protocol: true }) COCKPIT_URL?: string;
  @IsInt() @Min(0) @Max(60_000) READ_WAIT_MS = 5_000;
  @IsInt() @Min(100) @Max(300_000) SHUTDOWN_TIMEOUT_MS = 10_000;
  @IsInt() @Min(100) @Max(1_000_000) FACTS_IN_FLIGHT_MAX = 20_000;
  @IsInt() @Min(1_000) @Max(50_000_000) CACHE_ENTITIES_MAX = 250_000;
  @IsInt() @Min(1) @Max(10_000) PROJECTOR_BATCH_MAX = 5_000;

  get keys(): readonly ApiKey[] {
    return this.LEDGER_KEYS === undefined ? [] : this.LEDGER_KEYS.split(',').map((entry) => apiKey(entry.trim()));
  }

  get master_key(): Buffer | undefined {
    return this.LEDGER_MASTER_KEY === undefined ? undefined : Buffer.from(this.LEDGER_MASTER_KEY, 'base64');
  }

  path(name: string): string {
    return resolve(this.DATA_DIR, name);
  }
}

/** A setting is wrong; the message names each one. */
export class ConfigError extends Error {}

/** Reads and checks the environment; throws ConfigError listing everything that is wrong. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const config = new Config();
  for (const name of Object.keys(DEFAULTS)) {
    const text = env[name];
    if (text === undefined || text === '') continue;
    Object.assign(config, { [name]: NUMBERS.has(name) ? Number(text) : text });
  }
  const problems = validateSync(config).flatMap((error) => Object.values(error.constraints ?? {}));
  if (problems.length > 0) throw new ConfigError(`Settings: ${problems.join('; ')}`);
  const ids = config.keys.map(({ app_id }) => app_id);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined) throw new ConfigError(`Settings: LEDGER_KEYS names the app id ${twice} twice`);
  return config;
}

const NUMBERS = new Set([
  'PORT',
  'READ_WAIT_MS',
  'SHUTDOWN_TIMEOUT_MS',
  'FACTS_IN_FLIGHT_MAX',
  'CACHE_ENTITIES_MAX',
  'PROJECTOR_BATCH_MAX',
]);

const DEFAULTS = {
  LEDGER_KEYS: '',
  LEDGER_MASTER_KEY: '',
  COCKPIT_URL: '',
  ...new Config(),
};

function apiKey(entry: string): ApiKey {
  const match = /^([^:\s]+):(\S+):([a-z+]+)$/.exec(entry);
  const roles = match?.[3]?.split('+') ?? [];
  if (!match?.[1] || !match[2] || !roles.every(isRole)) {
    throw new ConfigError(
      `Settings: each entry of LEDGER_KEYS is app-id:token:role with role of ${ROLES.join(' ')} (join several with +)`,
    );
  }
  return { app_id: match[1], token: match[2], roles };
}

function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}
