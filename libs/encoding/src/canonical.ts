/**
 * The one JSON text of a value: keys by UTF-16 code units, numbers and strings as ECMAScript writes them, no spaces
 * (RFC 8785). As in JSON.stringify, an undefined member is left out. Throws TypeError on what is not JSON.
 */
export function canonical(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return textOf(value);
    case 'number':
      return numberText(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? listText(value) : recordText(value as Members);
    default:
      throw new TypeError(`not JSON: ${typeof value}`);
  }
}

/** Nothing in such a text needs escaping; to know that is much quicker than to ask JSON.stringify. */
const PLAIN = /^[ !#-[\]-~]*$/;

const textOf = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

type Members = { readonly [key: string]: unknown };

function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`not JSON: ${value}`);
  return String(value);
}

const listText = (items: readonly unknown[]): string =>
  `[${Array.from(items, (item) => (item === undefined ? 'null' : canonical(item))).join(',')}]`;

function recordText(members: Members): string {
  // a Date or the like would be hashed as one thing and stored as another
  if (typeof members['toJSON'] === 'function') throw new TypeError('not JSON: an object with toJSON');
  let text = '';
  for (const key of sorted(Object.keys(members))) {
    const value = members[key];
    if (value !== undefined) text += `${text === '' ? '' : ','}${textOf(key)}:${canonical(value)}`;
  }
  return `{${text}}`;
}

/** Most objects come in order already, and the comparison is quicker than the sort. */
function sorted(keys: string[]): readonly string[] {
  for (let index = 1; index < keys.length; index++) {
    if ((keys[index - 1] ?? '') > (keys[index] ?? '')) return keys.sort();
  }
  return keys;
}
