import { expect, test } from '@jest/globals';
import { escaped } from './html.js';

test.each([
  ['<b title="x">', '&#60;b title=&#34;x&#34;&#62;'],
  ["' onclick='alert(1)", '&#39; onclick=&#39;alert(1)'],
  ['&lt; stays what was written', '&#38;lt; stays what was written'],
  ['Zoë \u{1f600}', 'Zoë \u{1f600}'],
])('%j is written as %j', (text, html) => {
  expect(escaped(text)).toBe(html);
});
