import { expect, test } from '@jest/globals';
import { loadConfig } from './config.js';

const why = (env: NodeJS.ProcessEnv): string => {
  try {
    loadConfig(env);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};
const engines = { EVENT_STORE_URL: 'esdb://store:2113?tls=false', DATABASE_URL: 'postgres://db/ledger' };

test('without settings one embedded instance has every role', () => {
  const config = loadConfig({});
  expect(config.isEmbedded).toBe(true);
  expect(['api', 'ingest', 'projector', 'publisher'].every((role) => config.has(role as 'api'))).toBe(true);
  expect(config.read_consistency).toBe('own');
  expect(config.lease.instance).toBe('embedded');
});

test('instances that share their engines have different names and read the writes of all keys', () => {
  const [one, other] = [loadConfig(engines), loadConfig(engines)];
  expect(one.lease.instance).not.toBe(other.lease.instance);
  expect(one.read_consistency).toBe('store');
  expect(loadConfig({ ...engines, READ_CONSISTENCY: 'own', ROLES: 'api' }).read_consistency).toBe('own');
});

test('settings that contradict each other are refused by name', () => {
  expect(why({ EVENT_STORE_URL: engines.EVENT_STORE_URL })).toContain('DATABASE_URL');
  expect(why({ ROLES: 'api,ingest' })).toContain('ROLES lacks projector');
  expect(why({ ...engines, ROLES: 'api' })).toBe('');
  expect(why({ ...engines, ROLES: 'api,cook' })).toContain('ROLES');
  expect(why({ EVENT_STORE_URL: 'http://store' })).toContain('EVENT_STORE_URL');
  expect(why({ DATABASE_URL: 'mysql://db' })).toContain('DATABASE_URL');
  expect(why({ KAFKA_BROKERS: 'broker' })).toContain('KAFKA_BROKERS');
  expect(why({ KAFKA_SASL: 'user:password' })).toContain('KAFKA_SASL');
  expect(why({ SHARDS: '0' })).toContain('SHARDS');
  for (const text of ['-1', '86401', '0.5', 'soon'])
    expect(why({ FACTS_AHEAD_MAX_S: text })).toContain('FACTS_AHEAD_MAX_S');
  for (const text of ['0', '86400']) expect(why({ FACTS_AHEAD_MAX_S: text })).toBe('');
  expect(why({ SHARDS: 'many' })).toContain('SHARDS');
  expect(why({ LEDGER_KEYS: 'a:t:read,a:u:read' })).toContain('twice');
  const CLIENT_ORIGINS = 'https://shop.example,http://localhost:8080';
  expect(why({ CLIENT_KEYS: 'shop:t', CLIENT_ORIGINS })).toBe('');
  expect(why({ CLIENT_KEYS: 'shop:t' })).toContain('CLIENT_ORIGINS');
  expect(why({ CLIENT_KEYS: 'shop', CLIENT_ORIGINS })).toContain('CLIENT_KEYS');
  expect(why({ CLIENT_KEYS: 'a:t', CLIENT_ORIGINS, LEDGER_KEYS: 'a:t:read' })).toContain('twice');
  expect(why({ CLIENT_ORIGINS: 'https://shop.example/' })).toContain('CLIENT_ORIGINS');
  for (const text of ['*', 'https://Shop.Example', 'https://shop.example:443', 'shop.example', 'https://a,,https://b'])
    expect(why({ CLIENT_ORIGINS: text })).toContain('CLIENT_ORIGINS');
  for (const url of ['https://shop.example/?a=b', 'https://shop.example/#a', 'ftp://shop.example', '/cockpit'])
    expect(why({ COCKPIT_URL: url })).toContain('COCKPIT_URL');
  expect(why({ COCKPIT_URL: 'http://localhost:3000/cockpit', PUBLIC_URL: 'https://ledger.example' })).toBe('');
  for (const text of ['everyone', '10.0.0.0/33', 'fd00::/129', '1.2.3', '10.0.0.1,', '10.0.0.0/8/8'])
    expect(why({ TRUSTED_PROXIES: text })).toContain('TRUSTED_PROXIES');
  expect(loadConfig({ TRUSTED_PROXIES: '10.0.0.1,10.1.0.0/16,fd00::/8' }).TRUSTED_PROXIES).toContain('fd00');
});
