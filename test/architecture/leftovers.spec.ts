import { expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ourFiles, ROOT, sources, textOf } from './repository.js';

/* The words are put together here, so that this file does not find itself. */
const word = (...parts: string[]): string => parts.join('');

const LEFT_OVER = new RegExp(`\\b(${word('TO', 'DO')}|${word('FIX', 'ME')}|${word('XX', 'X')})\\b`);
const NARROWED = new RegExp(
  `\\b(?:${word('f', 'it')}|${word('f', 'describe')}|${word('x', 'it')}|(?:it|test|describe)\\.(?:${word('on', 'ly')}|${word('sk', 'ip')}))\\b`,
);

const found = (files: readonly string[], isFound: (text: string) => boolean): string[] =>
  files.filter((path) => isFound(textOf(path)));

test('nothing is left for later', () => {
  expect(
    found(
      sources().filter((path) => path !== 'package-lock.json'),
      (text) => LEFT_OVER.test(text),
    ),
  ).toEqual([]);
});

test('no test is switched off, none runs alone', () => {
  // a line may say that it must: a tool that not every machine has
  const isNarrowed = (text: string): boolean =>
    text.split('\n').some((line) => NARROWED.test(line) && !line.includes('house-rules: allowed'));
  expect(
    found(
      sources().filter((path) => path.endsWith('.spec.ts')),
      isNarrowed,
    ),
  ).toEqual([]);
});

test('each library says on one page what it is for', () => {
  for (const name of readdirSync(join(ROOT, 'libs'))) {
    expect(ourFiles(`libs/${name}`)).toContain(`libs/${name}/README.md`);
    expect(textOf(`libs/${name}/README.md`).trimEnd().split('\n').length).toBeLessThanOrEqual(30);
  }
});
