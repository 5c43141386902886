import { expect, test } from '@jest/globals';
import 'reflect-metadata';
import { commandHandlers } from '../../apps/service/src/commands/index.js';
import { queryHandlers } from '../../apps/service/src/queries/index.js';
import { ourFiles, textOf } from './repository.js';

const service = ourFiles('apps/service/src')
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
  .map(textOf)
  .join('\n');

const names = (pattern: RegExp): string[] => [...service.matchAll(pattern)].map(([, name = '']) => name);

const messages = names(/export class (\w+) extends (?:CustomerCommand|CatalogCommand|Command|Query)\b/g);

/** Keys under which @nestjs/cqrs notes what a handler handles. */
const HANDLES = ['__commandHandler__', '__queryHandler__'];
const handled = [...commandHandlers, ...queryHandlers].map((handler) => {
  const message = HANDLES.map((key) => Reflect.getMetadata(key, handler) as { name: string } | undefined);
  return message.find((one) => one !== undefined)?.name;
});

test('there are commands and queries at all', () => {
  expect(messages).toEqual(expect.arrayContaining(['CreateCustomer', 'RecordFact', 'GetCustomer']));
});

test('each command and query has exactly one registered handler', () => {
  // the bus accepts a second handler without an error and uses the last one
  expect(handled.toSorted()).toEqual(messages.toSorted());
});

test('the module registers these handlers', () => {
  const module = textOf('apps/service/src/service.module.ts');
  expect(module).toMatch(/providers: \[\s*\.\.\.commandHandlers,\s*\.\.\.queryHandlers,/);
});

test('the module registers every controller', () => {
  const module = textOf('apps/service/src/service.module.ts');
  const controllers = names(/@Controller\([^)]*\)(?:\s*@\w+\([^)]*\))*\s*export class (\w+)/g);
  expect(controllers.length).toBeGreaterThan(15);
  // once in its import, once in a list of controllers
  expect(controllers.filter((name) => module.split(new RegExp(`\\b${name}\\b`)).length < 3)).toEqual([]);
});
