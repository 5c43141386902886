import { escaped } from '#encoding';

/** Text with markup in it: everything from outside is escaped. */
export type Text = string;

const SHOWN_LENGTH_MAX = 300;
const INSTANT = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.\d{3}(?:\d{6})?Z$/;

/** A value in a line: a text as it is, anything else as JSON, long ones cut. `bdi` keeps its writing direction to itself. */
export function shown(value: unknown): Text {
  if (typeof value === 'string' && INSTANT.test(value)) return time(value);
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  const cut = text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
  return `<bdi>${escaped(cut)}</bdi>`;
}

/** `OrderPlaced` and `source_id` as words. */
export function words(name: string): string {
  const text = name
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .replaceAll('_', ' ')
    .toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Nine digits of a second say no more than three when the others are 0. */
const INSIGNIFICANT = /(?<=\.\d{3})000000(?=Z$)/;

/** An instant for people, with the exact one underneath. */
export function time(instant: string): Text {
  const text = instant.replace(INSIGNIFICANT, '');
  const short = INSTANT.exec(text);
  const said = short ? `${short[1]} ${short[2]} UTC` : text;
  return `<time datetime="${escaped(text)}" title="${escaped(text)}">${escaped(said)}</time>`;
}

/** Terms and what they are; the values are markup already. */
export const items = (name: string, pairs: readonly (readonly [term: string, value: Text])[]): Text =>
  `<dl class="${name}">${pairs.map(([term, value]) => `<div><dt>${escaped(term)}</dt><dd>${value}</dd></div>`).join('')}</dl>`;
