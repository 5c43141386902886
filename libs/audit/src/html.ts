import { escaped } from '#encoding';

/** Text with markup; everything from outside is escaped. */
export type Text = string;

const SHOWN_LENGTH_MAX = 300;
const INSTANT = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.\d{3}(?:\d{6})?Z$/;

/** A value in a line: texts unchanged, other values as JSON, long ones cut. `bdi` isolates its writing direction. */
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

/** Zeros after the third digit of a second carry no information. */
const INSIGNIFICANT = /(?<=\.\d{3})000000(?=Z$)/;

/** A readable instant, with the exact one as title. */
export function time(instant: string): Text {
  const text = instant.replace(INSIGNIFICANT, '');
  const short = INSTANT.exec(text);
  const said = short ? `${short[1]} ${short[2]} UTC` : text;
  return `<time datetime="${escaped(text)}" title="${escaped(text)}">${escaped(said)}</time>`;
}

/** A list of terms with their values, which are markup already. */
export const items = (name: string, pairs: readonly (readonly [term: string, value: Text])[]): Text =>
  `<dl class="${name}">${pairs.map(([term, value]) => `<div><dt>${escaped(term)}</dt><dd>${value}</dd></div>`).join('')}</dl>`;
