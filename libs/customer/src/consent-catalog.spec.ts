import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as catalogs from './consent-catalog.js';
import { type ConsentCatalog, consentCatalog, consentLists, wordingsOf } from './consent-catalog.js';
import { Rejection } from './fold.js';

const at = (n: number): string => new Date(Date.UTC(2026, 0, 1) + n).toISOString();
const mail = { name: 'Mail', description: 'We write to you', category: 'news' };

type Asked = readonly [rule: (catalog: ConsentCatalog, time: string) => ReturnType<typeof catalogs.defineConsent>];

/** Asks the rules in order; `answers` are the types of events or the code of the refusal. */
function after(...asked: readonly Asked[0][]) {
  const answers: unknown[] = [];
  let catalog = consentCatalog.initial;
  for (const [n, ask] of asked.entries()) {
    const decided = ask(catalog, at(n));
    answers.push(decided instanceof Rejection ? decided.code : decided.map(({ type }) => type).join());
    if (!(decided instanceof Rejection)) catalog = decided.reduce(consentCatalog.evolve, catalog);
  }
  return { catalog, answers };
}

const define =
  (id: string, input = mail): Asked[0] =>
  (catalog, time) =>
    catalogs.defineConsent(catalog, id, input, time);
const revise =
  (id: string, input: Partial<typeof mail>): Asked[0] =>
  (catalog, time) =>
    catalogs.reviseConsent(catalog, id, input, time);
const withdraw =
  (id: string): Asked[0] =>
  (catalog, time) =>
    catalogs.withdrawConsent(catalog, id, time);
const group =
  (id: string, consents: readonly string[]): Asked[0] =>
  (catalog, time) =>
    catalogs.defineConsentGroup(catalog, id, { name: 'All', description: '', consents }, time);

describe('definitions of consents', () => {
  test('a new wording is a new version; a new category is not, and a change of nothing leaves no event', () => {
    const { catalog, answers } = after(
      define('a'),
      revise('a', { description: 'We write to you weekly' }),
      revise('a', { category: 'other' }),
      revise('a', { category: 'other' }),
    );
    expect(answers).toEqual(['ConsentDefined', 'ConsentDefined', 'ConsentDefined', '']);
    expect(wordingsOf(catalog, ['a', 'unheard'])).toEqual({ a: 2 });
    expect(consentLists(catalog).consents).toMatchObject({
      total: 1,
      data: [{ id: 'a', category: 'other', version: 2, created_at: at(0), updated_at: at(2) }],
    });
  });

  test('a withdrawn consent is not offered, nor in groups; its versions continue when it returns', () => {
    const gone = after(define('a'), define('b'), group('g', ['a', 'b', 'a']), withdraw('a'));
    expect(consentLists(gone.catalog)).toMatchObject({
      consents: { total: 1, data: [{ id: 'b' }] },
      groups: { total: 1, data: [{ id: 'g', consents: ['b'] }] },
    });
    expect(wordingsOf(gone.catalog, ['a', 'b'])).toEqual({ b: 1 });
    expect(wordingsOf(after(define('a'), withdraw('a'), define('a')).catalog, ['a'])).toEqual({ a: 2 });
  });

  test('an existing consent cannot be defined again; a missing one cannot be changed, withdrawn or grouped', () => {
    const { answers } = after(
      define('a'),
      define('a'),
      revise('x', {}),
      withdraw('x'),
      group('g', ['x']),
      (catalog, time) => catalogs.reviseConsentGroup(catalog, 'g', {}, time),
      (catalog, time) => catalogs.withdrawConsentGroup(catalog, 'g', time),
    );
    expect(answers.slice(1)).toEqual(['duplicate_found', ...Array.from({ length: 5 }, () => 'not_found')]);
  });

  test('no two wordings of a consent ever have the same version', () => {
    const step = fc.oneof(
      fc.constantFrom('x', 'y').map((name) => define('a', { ...mail, name })),
      fc.constantFrom('x', 'y', 'z').map((name) => revise('a', { name })),
      fc.constantFrom('1', '2').map((category) => revise('a', { category })),
      fc.constant(withdraw('a')),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const wordings = new Map<number, string>();
        let before = 0;
        for (let n = 1; n <= steps.length; n++) {
          const { catalog } = after(...steps.slice(0, n));
          const { version = 0, name = '' } = catalog.consents['a'] ?? {};
          expect(version).toBeGreaterThanOrEqual(before);
          before = version;
          expect(wordings.get(version) ?? name).toBe(name);
          wordings.set(version, name);
        }
      }),
    );
  });
});
