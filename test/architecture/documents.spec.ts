import { describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errors } from '#contract';
import { verbs } from '../../apps/cli/src/verbs.js';
import { SETTINGS } from '../../apps/service/src/config.js';
import { Metrics } from '../../apps/service/src/ops/metrics.js';
import { DOCUMENTS_WITH_TABLES, withTables } from '../documents/tables.js';
import { ANSWERS } from '../support/sdk.js';
import { ourFiles, ROOT, sources, textOf } from './repository.js';

/** Names that a document leaves out; it names them as `code`. */
const missing = (document: string, names: readonly string[]): string[] => {
  const text = textOf(document);
  return names.filter((name) => !text.includes(`\`${name}\``));
};

test('every setting is validated, so that it is read, and docs/operations.md names it', () => {
  const config = textOf('apps/service/src/config.ts');
  const settings = [...config.matchAll(/^\s*(?:@.*\) )?([A-Z][A-Z_]+)(?:\?:|: .*=| =)/gm)].map(([, name = '']) => name);
  expect([...SETTINGS].toSorted()).toEqual(settings.toSorted());
  expect(missing('docs/operations.md', settings)).toEqual([]);
});

test('docs/operations.md names every metric, and no other', () => {
  const METRIC = /`(ledger_\w+)(?:\{[\w,]+\})?`/g;
  const [, rows = ''] = textOf('docs/operations.md').split('`GET /metrics`');
  const [table = ''] = rows.split(/^## /m);
  const named = [...table.matchAll(METRIC)].map(([, name = '']) => name);
  const metrics = new Metrics().registry.getMetricsAsArray().map(({ name }) => name);
  expect(named.toSorted()).toEqual(metrics.filter((name) => name.startsWith('ledger_')).toSorted());
});

test('docs/errors.md names every error with its status, and no other', () => {
  const ROW = /^\| (\d{3}) \| ((?:`\w+`(?:, )?)+) \|/gm;
  const documented = [...textOf('docs/errors.md').matchAll(ROW)].flatMap(([, status, keys = '']) =>
    [...keys.matchAll(/\w+/g)].map(([key]) => [key, Number(status)]),
  );
  expect(Object.fromEntries(documented)).toEqual(
    Object.fromEntries(Object.entries(errors).map(([key, { status }]) => [key, status])),
  );
});

test('README.md, docs/operations.md or docs/audit.md show every verb of the command line', () => {
  const text = ['README.md', 'docs/operations.md', 'docs/audit.md'].map(textOf).join('\n');
  const names = verbs.map((verb) => verb().name());
  expect(names.length).toBeGreaterThan(5);
  expect(names.filter((name) => !new RegExp(`(?:ledger|npm run cli --|npm run) ${name}\\b`).test(text))).toEqual([]);
});

describe('tables that the code makes', () => {
  test.each(DOCUMENTS_WITH_TABLES)('%s has them as `npm run docs` writes them', (path) => {
    expect(textOf(path)).toMatch(/<!-- table: \w+ -->/);
    expect(withTables(textOf(path))).toBe(textOf(path));
  });

  test('another row is found, and so is a table that no code makes', () => {
    const events = textOf('docs/events.md');
    const other = events.replace('| `OrderPlaced` |', '| `OrderPlace` |');
    expect(other).not.toBe(events);
    expect(withTables(other)).toBe(events);
    expect(() => withTables('<!-- table: nothing -->\n\n<!-- end -->')).toThrow('nothing');
  });
});

test('docs/compatibility.md names every method of the official SDK that is answered', () => {
  const methods = Object.entries(ANSWERS).flatMap(([part, names]) =>
    Object.keys(names).map((name) => `${part}.${name}`),
  );
  expect(missing('docs/compatibility.md', methods)).toEqual([]);
});

test('docs/glossary.md names places that exist', () => {
  const places = [...textOf('docs/glossary.md').matchAll(/`((?:apps|libs)\/[^`]+)`/g)].map(([, place = '']) => place);
  expect(places.length).toBeGreaterThan(30);
  expect(places.filter((place) => !existsSync(join(ROOT, place)))).toEqual([]);
});

describe('docs/contract.md', () => {
  const CITED = /\bcontract,?\s+(\d+(?:\.\d+)*(?:(?:,| and| to) \d+\.\d+)*)/gi;
  const HEADINGS = /^#+ (\d+(?:\.\d+)*)\.? /gm;
  const sections = new Set([...textOf('docs/contract.md').matchAll(HEADINGS)].map(([, section]) => section));
  /** Sections that a text cites, as in "contract 2.4 and 2.5". */
  const cited = (text: string): string[] =>
    [...text.matchAll(CITED)].flatMap(([, all = '']) => all.match(/[\d.]+/g) ?? []);
  const files = sources().filter((path) => /\.(ts|md)$/.test(path));

  test('has every section that code, tests and documents cite', () => {
    const citations = files.flatMap((path) => cited(textOf(path)).map((section) => ({ path, section })));
    expect(citations.length).toBeGreaterThan(40);
    expect(citations.filter(({ section }) => !sections.has(section))).toEqual([]);
  });

  test('a citation of a section that is not there is found', () => {
    const [one, two] = ['9.9', '2.12'];
    const sections_cited = cited(`// the contract ${one} and ${two}, as (Contract\n * ...) has it`);
    expect(sections_cited.filter((section) => !sections.has(section))).toEqual([one, two]);
  });
});

describe('documents', () => {
  const documents = ourFiles().filter((path) => path.endsWith('.md'));
  /** As a heading is linked to. */
  const anchor = (heading: string): string =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-');
  const anchors = (path: string): string[] =>
    [...textOf(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchor(heading));
  const leads = (from: string, link: string): boolean => {
    const [path = '', to] = link.split('#');
    const target = path === '' ? from : join(dirname(from), path);
    return existsSync(join(ROOT, target)) && (to === undefined || anchors(target).includes(to));
  };

  test('link to what is there', () => {
    const links = documents.flatMap((from) =>
      [...textOf(from).matchAll(/\]\((?![a-z]+:)([^)\s]+)\)/g)].map(([, link = '']) => ({ from, link })),
    );
    expect(links.length).toBeGreaterThan(30);
    expect(links.filter(({ from, link }) => !leads(from, link))).toEqual([]);
    expect(leads('README.md', 'docs/nowhere.md') || leads('README.md', 'docs/api.md#nowhere')).toBe(false);
  });

  test('name scripts that are there', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: object };
    const named = documents.flatMap((path) =>
      [...textOf(path).matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
