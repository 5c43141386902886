import { escaped } from '#encoding';

/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = string | number | Html | undefined | false | readonly Part[];

/** A template that escapes its values unless they are HTML; undefined and false leave nothing. */
export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(texts.map((text, at) => text + (at < parts.length ? rendered(parts[at]) : '')).join(''));

function rendered(part: Part): string {
  if (part instanceof Html) return part.text;
  if (part === undefined || part === false) return '';
  return isList(part) ? part.map(rendered).join('') : escaped(String(part));
}

const isList = (part: Part): part is readonly Part[] => Array.isArray(part);
