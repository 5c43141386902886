import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT, textOf } from './repository.js';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly user?: string;
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string | number>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly stop_grace_period: string;
  readonly deploy: { readonly resources: { readonly limits: object } };
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly volumes: Readonly<Record<string, null>>;
}

const dockerfile = textOf('Dockerfile').replace(/\\\n\s*/g, '');
const compose = parse(textOf('docker-compose.yml'), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const ours = services.filter(([, { build }]) => build !== undefined);
const scripts = (JSON.parse(textOf('package.json')) as { scripts: Readonly<Record<string, string>> }).scripts;
const config = textOf('apps/service/src/config.ts');
/** Last stage only: what runs. */
const image = dockerfile.slice(dockerfile.lastIndexOf('FROM '));
/** Compose would put variables of its own in place of a single dollar sign. */
const unescaped = (text: string): string => text.replaceAll('$$', '$');

test('the image is made by the steps of .ci/run and started by those of npm start', () => {
  const ci = textOf('.ci/run');
  const steps = [...dockerfile.matchAll(/^RUN (npm .*)$/gm)].map(([, step]) => step);
  expect(steps).toEqual(['npm ci', 'npm run build', 'npm ci --omit=dev']);
  expect(ci).toMatch(/^npm ci$/m);
  // npm test builds
  expect(ci).toMatch(/npm test /);
  expect(scripts['test']).toMatch(new RegExp(`^${scripts['build']} `));
  const command = (JSON.parse(/^CMD (\[.*\])$/m.exec(image)?.[1] ?? '[]') as string[]).join(' ');
  expect(scripts['start']).toContain(command);
  expect(ci).toContain(command);
});

test('the image runs without special rights, under an init, with a check that needs no shell', () => {
  expect(image).toMatch(/^USER 1000:1000$/m);
  expect(image).toMatch(/^ENTRYPOINT \["\/usr\/bin\/tini", "--"\]$/m);
  expect(image).toMatch(/^HEALTHCHECK .*CMD \["node", "-e", ".*\/health\/live/m);
  expect(image).toMatch(/DATA_DIR=\/data/);
  const froms = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, from]) => from);
  expect(new Set(froms)).toEqual(new Set(['node:20-bookworm-slim']));
});

test('all that the image copies is there and not ignored', () => {
  const allowed = [...textOf('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, name]) => name);
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) => names.split(' '));
  expect(copied.filter((name) => !allowed.includes(name) || !existsSync(join(ROOT, name)))).toEqual([]);
});

test('every setting in the compose file is one of the service', () => {
  const foreign = new Set(['PGPASSFILE', 'SECRETS_DIR']);
  const named = new Set(ours.flatMap(([, { environment }]) => Object.keys(environment)));
  expect([...named].filter((name) => !foreign.has(name) && !new RegExp(`\\b${name}[?:]* `).test(config))).toEqual([]);
  const roles = ours.flatMap(([, { environment }]) => String(environment['ROLES'] ?? '').split(','));
  expect(roles.filter(Boolean).sort()).toEqual(['api', 'ingest', 'projector', 'publisher']);
});

test('every service is limited, says how it is, and waits for those it needs', () => {
  for (const [name, service] of services) {
    const { healthcheck, command, cap_drop, security_opt, deploy, stop_grace_period } = service;
    expect([name, cap_drop, security_opt]).toEqual([name, ['ALL'], ['no-new-privileges:true']]);
    expect(Object.keys(deploy.resources.limits)).toEqual(['cpus', 'memory', 'pids']);
    expect(stop_grace_period).toMatch(/^\d+s$/);
    if (name !== 'secrets') expect(healthcheck?.test?.[0]).toBe('CMD');
    // a colon turns an unquoted word into a mapping
    for (const word of [...(healthcheck?.test ?? []), ...(command ?? [])]) expect(typeof word).toBe('string');
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {}))
      expect([name, other, condition]).toEqual([
        name,
        other,
        compose.services[other]?.healthcheck?.disable ? 'service_completed_successfully' : 'service_healthy',
      ]);
  }
});

test('what is ours cannot write but to its volumes; what is not has a version', () => {
  for (const [, { read_only }] of ours) expect(read_only).toBe(true);
  for (const [, { image: name, build }] of services)
    if (build === undefined) expect(name).toMatch(/^[a-z/]+:\d[\w.-]+$/);
  const mounted = services.flatMap(([, { volumes }]) => volumes.map((one) => one.split(':')[0]));
  expect(new Set(mounted)).toEqual(new Set(Object.keys(compose.volumes)));
});

test('only the api can be reached, and only from this machine; two of each have room', () => {
  const published = services.filter(([, { ports }]) => ports !== undefined);
  expect(published.map(([name]) => name)).toEqual(['api']);
  expect(published[0]?.[1].ports).toEqual(['127.0.0.1:3000-3009:3000']);
  expect(compose.networks['engines']?.internal).toBe(true);
  for (const [name, { networks }] of services)
    if (name !== 'api' && name !== 'secrets') expect([name, networks]).toEqual([name, ['engines']]);
  expect(textOf('docker-compose.yml')).not.toMatch(/container_name|PASSWORD:|changeit/);
});

test('secrets are made once, readable for those who need them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  const code = unescaped(compose.services['secrets']?.command?.at(-1) ?? '');
  const make = (): string =>
    execFileSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], SECRETS_DIR: folder, DATA_DIR: folder },
      encoding: 'utf8',
    });
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  try {
    expect(make()).toMatch(/^API key \(shown once\): local:[0-9a-f]{48}\n$/);
    const [password, master] = [read('password'), read('master.key')];
    expect(read('pgpass')).toBe(`postgres:5432:ledger:ledger:${password}\n`);
    expect(statSync(join(folder, 'pgpass')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'password')).mode & 0o777).toBe(0o444);
    expect(make()).toBe('');
    expect([read('password'), read('master.key')]).toEqual([password, master]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
