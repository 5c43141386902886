/** `1 and (2 or not 3)`: combines the outcomes of rules. */
export type Logic =
  | { readonly kind: 'rule'; readonly name: string }
  | { readonly kind: 'not'; readonly of: Logic }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Logic[] };

const TOKEN = /\s*(?:([()])|([A-Za-z0-9_-]+))/y;
const TEXT_LENGTH_MAX = 5_000;
const DEPTH_MAX = 20;

/** Parses a logic, or returns the reason why not. `and` binds tighter than `or`, `not` tighter than both. */
export function parseLogic(text: string): Logic | string {
  if (text.length > TEXT_LENGTH_MAX) return `must have at most ${TEXT_LENGTH_MAX} characters`;
  const tokens = tokensOf(text);
  if (tokens === undefined) return 'must be names of rules, and, or, not and brackets';
  const place = { at: 0, isTooDeep: false };
  const logic = any(tokens, place, 0);
  if (place.isTooDeep) return `is nested deeper than ${DEPTH_MAX}`;
  return logic !== undefined && place.at === tokens.length ? logic : 'is not complete';
}

/** The names of the rules in a logic. */
export function namesIn(logic: Logic): readonly string[] {
  if (logic.kind === 'rule') return [logic.name];
  return (logic.kind === 'not' ? [logic.of] : logic.of).flatMap(namesIn);
}

export function isMet(logic: Logic, holds: (name: string) => boolean): boolean {
  switch (logic.kind) {
    case 'rule':
      return holds(logic.name);
    case 'not':
      return !isMet(logic.of, holds);
    case 'and':
      return logic.of.every((one) => isMet(one, holds));
    case 'or':
      return logic.of.some((one) => isMet(one, holds));
  }
}

/** The rules that make a logic fail: those that do not hold, and under `not` those that do. */
export function blamed(logic: Logic, holds: (name: string) => boolean, wanted = true): readonly string[] {
  if (isMet(logic, holds) === wanted) return [];
  if (logic.kind === 'rule') return [logic.name];
  if (logic.kind === 'not') return blamed(logic.of, holds, !wanted);
  return logic.of.flatMap((one) => blamed(one, holds, wanted));
}

function tokensOf(text: string): string[] | undefined {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const found = TOKEN.exec(text);
    if (!found) return undefined;
    tokens.push(found[1] ?? found[2] ?? '');
  }
  return tokens;
}

interface Place {
  at: number;
  isTooDeep: boolean;
}

type Tokens = readonly string[];
const isWord = (token: string | undefined, word: string): boolean => token?.toLowerCase() === word;

function any(tokens: Tokens, place: Place, depth: number): Logic | undefined {
  return joined('or', tokens, place, () => joined('and', tokens, place, () => single(tokens, place, depth)));
}

function joined(kind: 'and' | 'or', tokens: Tokens, place: Place, part: () => Logic | undefined): Logic | undefined {
  const parts: Logic[] = [];
  do {
    const one = part();
    if (one === undefined) return undefined;
    parts.push(one);
  } while (isWord(tokens[place.at], kind) && ++place.at);
  return parts.length === 1 ? parts[0] : { kind, of: parts };
}

function single(tokens: Tokens, place: Place, depth: number): Logic | undefined {
  const token = tokens[place.at++];
  place.isTooDeep ||= depth > DEPTH_MAX;
  if (token === undefined || token === ')' || place.isTooDeep) return undefined;
  if (isWord(token, 'not')) {
    const of = single(tokens, place, depth + 1);
    return of && { kind: 'not', of };
  }
  if (['and', 'or'].includes(token.toLowerCase())) return undefined;
  if (token !== '(') return { kind: 'rule', name: token };
  const inner = any(tokens, place, depth + 1);
  return tokens[place.at++] === ')' ? inner : undefined;
}
