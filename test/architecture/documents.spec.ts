import { describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errors } from '#contract';
import { DOCUMENTS_WITH_TABLES, withTables } from '../documents/tables.js';
import { ANSWERS } from '../support/sdk.js';
import { ourFiles, ROOT, sources, textOf } from './repository.js';

/** Names that a document leaves out; it names them as `code`. */
const missing = (document: string, names: readonly string[]): string[] => {
  const text = textOf(document);
  return names.filter((name) => !text.includes(`\`${name}\``));
};

test('docs/operations.md names every setting', () => {
  const config = textOf('apps/service/src/config.ts');
  const settings = [...config.matchAll(/^\s*(?:@.*\) )?([A-Z][A-Z_]+)(?:\?:|: .*=| =)/gm)].map(([, name = '']) => name);
  expect(settings).toEqual(
    expect.arrayContaining(['HOST', 'PORT', 'DATA_DIR', 'LEDGER_KEYS', 'LEDGER_MASTER_KEY', 'LOG_LEVEL']),
  );
  expect(missing('docs/operations.md', settings)).toEqual([]);
});

test('docs/errors.md names every error', () => {
  expect(missing('docs/errors.md', Object.keys(errors))).toEqual([]);
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
