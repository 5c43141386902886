import { expect, test } from '@jest/globals';
import { errors } from '#contract';
import { eventTypes } from '#customer';
import { ANSWERS } from '../support/sdk.js';
import { textOf } from './repository.js';

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

test('docs/events.md names every event', () => {
  expect(missing('docs/events.md', [...eventTypes])).toEqual([]);
});

test('docs/compatibility.md names every method of the official SDK that is answered', () => {
  const methods = Object.entries(ANSWERS).flatMap(([part, names]) =>
    Object.keys(names).map((name) => `${part}.${name}`),
  );
  expect(missing('docs/compatibility.md', methods)).toEqual([]);
});
