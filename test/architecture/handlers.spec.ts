import { expect, test } from '@jest/globals';
import { ourFiles, textOf } from './repository.js';

const service = ourFiles('apps/service/src')
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
  .map(textOf)
  .join('\n');

const names = (pattern: RegExp): string[] => [...service.matchAll(pattern)].map(([, name = '']) => name);

const messages = names(/export class (\w+) extends (?:CustomerCommand|CatalogCommand|Command|Query)\b/g);
const bound = names(/(?:\bdecides\(|\bdecidesOnCatalog\(|@CommandHandler\(|@QueryHandler\()\s*(\w+)/g).filter((name) =>
  /^[A-Z]/.test(name),
);

test('there are commands and queries at all', () => {
  expect(messages).toEqual(expect.arrayContaining(['CreateCustomer', 'RecordOrder', 'GetCustomer']));
});

test('each command and query has exactly one handler', () => {
  // the bus finds a second handler no error, it takes the last one
  expect(bound.toSorted()).toEqual(messages.toSorted());
});
