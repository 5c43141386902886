import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Service, KEYS } from '../support/service.js';
import { figuresOf, shop, shownFigures } from '../support/shop.js';

let service: Service;
beforeAll(async () => {
  service = await Service.start();
});
afterAll(() => service.discard());

test('what a shop sends, late and twice, ends in the figures that a computation from the facts gives', async () => {
  const facts = shop(7, 40, 2_000);
  for (let n = 0; n < facts.length; n += 250) {
    const { body } = await service.facts(facts.slice(n, n + 250), KEYS.admin);
    expect(body.rejected).toBe(0);
  }
  const expected = figuresOf(facts);
  expect(expected.size).toBe(40);
  for (const [source_id, figures] of expected)
    expect([source_id, shownFigures((await service.call('GET', `/v1/customers/${source_id}`)).body)]).toEqual([
      source_id,
      figures,
    ]);
});
