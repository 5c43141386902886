import { createHash, randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type ApiKey, type Config, ConfigError, type Role } from './config.js';

/** A stored API key, with the SHA-256 of its token. */
export interface StoredKey {
  readonly app_id: string;
  readonly token_sha256: string;
  readonly roles: readonly Role[];
}

export abstract class Secrets {
  abstract readonly master_key: Buffer;
  abstract readonly keys: readonly StoredKey[];
  /** The key made at the first start without LEDGER_KEYS, as `app-id:token`: shown once, stored as a hash. */
  readonly generated?: string;
  readonly master_key_file?: string;
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Reads the secrets from the settings; creates missing ones once in DATA_DIR, readable by the owner only. */
export function loadSecrets(config: Config): Secrets {
  return { ...masterKey(config), ...apiKeys(config) };
}

function masterKey(config: Config): Pick<Secrets, 'master_key' | 'master_key_file'> {
  if (config.master_key) return { master_key: config.master_key };
  const file = config.path('master.key');
  if (!existsSync(file)) {
    if (existsSync(config.path('keys.db'))) {
      throw new ConfigError(
        `Settings: ${file} is missing and LEDGER_MASTER_KEY is not set; personal data cannot be read without it`,
      );
    }
    writeSecret(file, `${randomBytes(32).toString('base64')}\n`);
  }
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
  if (key.length !== 32) throw new ConfigError(`Settings: ${file} does not hold 32 bytes in base64`);
  return { master_key: key, master_key_file: file };
}

function apiKeys(config: Config): Pick<Secrets, 'keys' | 'generated'> {
  if (config.keys.length > 0) return { keys: config.keys.map(stored) };
  const file = config.path('api-key.json');
  if (existsSync(file)) return { keys: [JSON.parse(readFileSync(file, 'utf8')) as StoredKey] };
  const key: ApiKey = { app_id: 'local', token: randomBytes(24).toString('hex'), roles: ['admin'] };
  if (!writeSecret(file, `${JSON.stringify(stored(key), null, 2)}\n`)) return apiKeys(config);
  return { keys: [stored(key)], generated: `${key.app_id}:${key.token}` };
}

const stored = ({ app_id, token, roles }: ApiKey): StoredKey => ({ app_id, token_sha256: sha256(token), roles });

/** Creates a file atomically; false when another instance with the same directory was first. */
function writeSecret(file: string, text: string): boolean {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(draft);
  }
}
