import {
  getMetadataStorage,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  Min,
  ValidateBy,
  validateSync,
} from 'class-validator';
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { resolve } from 'node:path';

export const ROLES = ['read', 'write', 'ingest', 'audit', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** One `app-id:token:role` entry; several roles are joined by `+`. */
export interface ApiKey {
  readonly app_id: string;
  readonly token: string;
  readonly roles: readonly Role[];
}

/** The roles of an instance; instances divide the work of the last two by shards. */
export const INSTANCE_ROLES = ['api', 'ingest', 'projector', 'publisher'] as const;
export type InstanceRole = (typeof INSTANCE_ROLES)[number];

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** The form of base addresses, to which the service appends paths or queries. */
const BASE = {
  protocols: ['http', 'https'],
  require_tld: false,
  require_protocol: true,
  allow_query_components: false,
  allow_fragments: false,
};

/** Validates each entry of a list with commas. */
const Each = (isOne: (entry: string) => boolean, message: string): PropertyDecorator =>
  ValidateBy({
    name: 'each',
    validator: { validate: (text: string) => text.split(',').every(isOne), defaultMessage: () => message },
  });

/** `10.0.0.1`, `10.1.0.0/16`, `fd00::/8` */
function isNetwork(entry: string): boolean {
  const [address = '', prefix = '0', ...more] = entry.split('/');
  const version = isIP(address);
  return version > 0 && more.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
}

/** True for an origin as browsers write it, because origins are compared as text. */
const isOrigin = (entry: string): boolean =>
  /^https?:/.test(entry) && URL.canParse(entry) && new URL(entry).origin === entry;

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
  @IsOptional() @IsUrl(BASE) COCKPIT_URL?: string;
  @IsInt() @Min(60) @Max(31_536_000) COCKPIT_TTL_S = 604_800;
  @IsInt() @Min(1) @Max(1_000_000) COCKPIT_PER_MINUTE = 60;
  @IsOptional() @IsUrl(BASE) PUBLIC_URL?: string;
  @IsInt() @Min(1) @Max(8_760) JOBS_KEPT_HOURS = 168;
  @IsInt() @Min(1) @Max(100_000) JOBS_OPEN_MAX = 1_000;
  @IsInt() @Min(0) @Max(60_000) READ_WAIT_MS = 5_000;
  @IsInt() @Min(100) @Max(300_000) SHUTDOWN_TIMEOUT_MS = 10_000;
  @IsOptional()
  @Matches(/^(esdb|kurrentdb)(\+discover)?:\/\//, { message: 'EVENT_STORE_URL must be esdb://...' })
  EVENT_STORE_URL?: string;
  @IsOptional()
  @Matches(/^postgres(ql)?:\/\//, { message: 'DATABASE_URL must be postgres://...' })
  DATABASE_URL?: string;
  @IsInt() @Min(2) @Max(500) DATABASE_CONNECTIONS_MAX = 10;
  @IsOptional()
  @Matches(/^[^:\s,]+:\d+(,[^:\s,]+:\d+)*$/, { message: 'KAFKA_BROKERS must be host:port[,host:port]' })
  KAFKA_BROKERS?: string;
  @Matches(/^[\w.-]{1,100}$/, { message: 'KAFKA_PREFIX must be 1 to 100 letters, digits, dots, dashes, underscores' })
  KAFKA_PREFIX = 'ledger';
  @IsIn(['none', 'tls']) KAFKA_SECURITY: 'none' | 'tls' = 'none';
  @IsOptional()
  @Matches(/^(plain|scram-sha-256|scram-sha-512):[^:]+:.+$/, {
    message: 'KAFKA_SASL must be plain|scram-sha-256|scram-sha-512:user:password',
  })
  KAFKA_SASL?: string;
  @IsInt() @Min(1) @Max(1_000) KAFKA_PARTITIONS = 12;
  @IsInt() @Min(-1) @Max(10) KAFKA_REPLICATION = -1;
  @Matches(/^(api|ingest|projector|publisher)(,(api|ingest|projector|publisher))*$/, {
    message: `ROLES must name some of ${INSTANCE_ROLES.join(', ')}`,
  })
  ROLES = INSTANCE_ROLES.join(',');
  @IsInt() @Min(1) @Max(1_024) SHARDS = 4;
  @IsInt() @Min(500) @Max(60_000) LEASE_MS = 5_000;
  @IsOptional() @IsIn(['own', 'store']) READ_CONSISTENCY?: 'own' | 'store';
  @IsInt() @Min(0) @Max(10_000) FEED_CLIENTS_MAX = 20;
  @IsInt() @Min(100) @Max(1_000_000) FACTS_IN_FLIGHT_MAX = 20_000;
  @IsInt() @Min(0) @Max(86_400) FACTS_AHEAD_MAX_S = 300;
  @IsInt() @Min(1_000) @Max(50_000_000) CACHE_ENTITIES_MAX = 250_000;
  @IsInt() @Min(1) @Max(10_000) PROJECTOR_BATCH_MAX = 5_000;
  @IsInt() @Min(0) @Max(3_600_000) AUDIT_INTERVAL_MS = 1_000;
  @IsIn(['true', 'false']) WEBHOOKS_ALLOW_PRIVATE: 'true' | 'false' = 'false';

  @IsOptional()
  @Matches(/^[^:\s,]+:[^\s,]+(,[^:\s,]+:[^\s,]+)*$/, {
    message: 'CLIENT_KEYS must be client-id:token[,client-id:token]',
  })
  CLIENT_KEYS?: string;
  @IsOptional()
  @Each(
    isOrigin,
    'CLIENT_ORIGINS must be origins as browsers write them, such as https://shop.example, separated by commas',
  )
  CLIENT_ORIGINS?: string;
  @IsIn(['off', 'on']) CLIENT_CUSTOMERS: 'off' | 'on' = 'off';
  @IsInt() @Min(0) @Max(1_000_000) RATE_LIMIT_PER_MINUTE = 0;
  @IsOptional()
  @Each(isNetwork, 'TRUSTED_PROXIES must be addresses or networks, separated by commas')
  TRUSTED_PROXIES?: string;

  /** The name of this process among those that share its engines; the embedded store has one fixed name. */
  readonly #instance = `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;

  get lease(): { readonly instance: string; readonly lease_ms: number } {
    return { instance: this.isEmbedded ? 'embedded' : this.#instance, lease_ms: this.LEASE_MS };
  }

  /** True when the history is in local files, which allow one process only. */
  get isEmbedded(): boolean {
    return this.EVENT_STORE_URL === undefined;
  }

  has(role: InstanceRole): boolean {
    return this.ROLES.split(',').includes(role);
  }

  /** `own`: a read shows the writes of its key through this instance; `store`: all earlier writes. */
  get read_consistency(): 'own' | 'store' {
    return this.READ_CONSISTENCY ?? (this.isEmbedded ? 'own' : 'store');
  }

  get keys(): readonly ApiKey[] {
    return this.LEDGER_KEYS === undefined ? [] : this.LEDGER_KEYS.split(',').map((entry) => apiKey(entry.trim()));
  }

  /** The keys for browsers of customers. */
  get client_keys(): readonly Omit<ApiKey, 'roles'>[] {
    return listed(this.CLIENT_KEYS).map((entry) => {
      const [app_id = '', ...token] = entry.split(':');
      return { app_id, token: token.join(':') };
    });
  }

  get client_origins(): readonly string[] {
    return listed(this.CLIENT_ORIGINS);
  }

  get master_key(): Buffer | undefined {
    return this.LEDGER_MASTER_KEY === undefined ? undefined : Buffer.from(this.LEDGER_MASTER_KEY, 'base64');
  }

  path(name: string): string {
    return resolve(this.DATA_DIR, name);
  }
}

/** The names of all settings: the properties of Config that are validated. */
export const SETTINGS: ReadonlySet<string> = new Set(
  getMetadataStorage()
    .getTargetValidationMetadatas(Config, '', false, false)
    .map(({ propertyName }) => propertyName),
);

/** Settings are invalid; the message names each. */
export class ConfigError extends Error {}

/** Reads and checks the environment. Throws a ConfigError that lists all problems. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const config = new Config();
  for (const name of SETTINGS) {
    const text = env[name];
    if (text === undefined || text === '') continue;
    const isNumber = typeof config[name as keyof Config] === 'number';
    Object.assign(config, { [name]: isNumber ? Number(text) : text });
  }
  const problems = validateSync(config).flatMap((error) => Object.values(error.constraints ?? {}));
  if (problems.length > 0) throw new ConfigError(`Settings: ${problems.join('; ')}`);
  const ids = [...config.keys, ...config.client_keys].map(({ app_id }) => app_id);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined)
    throw new ConfigError(`Settings: LEDGER_KEYS and CLIENT_KEYS name the app id ${twice} twice`);
  assertTogether(config);
  return config;
}

const listed = (text = ''): string[] => text.split(',').filter((entry) => entry !== '');

/** Throws ConfigError for settings that contradict each other. */
function assertTogether(config: Config): void {
  if (config.CLIENT_KEYS !== undefined && config.CLIENT_ORIGINS === undefined)
    throw new ConfigError('Settings: CLIENT_KEYS needs CLIENT_ORIGINS, because these keys are public');
  if (!config.isEmbedded && config.DATABASE_URL === undefined)
    throw new ConfigError('Settings: EVENT_STORE_URL needs DATABASE_URL: instances share their keys and rows');
  const missing = INSTANCE_ROLES.filter((role) => role !== 'publisher' && !config.has(role));
  if (config.isEmbedded && missing.length > 0)
    throw new ConfigError(
      `Settings: the embedded event store allows one instance only: ROLES lacks ${missing.join(', ')}`,
    );
}

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
