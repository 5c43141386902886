import { valueConditions, type ValueConditions } from '#segment';
import { type Case, type Kind, kindNamed } from './kind.js';
import { blamed, isMet, type Logic, namesIn, parseLogic } from './logic.js';

/** Rules by name with their logic, as they are stored: operands in lists. */
export interface RuleSet {
  readonly rules: { readonly [name: string]: Rule };
  readonly logic: string;
}

export interface Rule {
  readonly name: string;
  readonly property?: string;
  readonly conditions: { readonly [operator: string]: readonly string[] };
  readonly error?: { readonly message: string };
}

/** The outcome of a check. */
export interface RuleVerdict {
  readonly valid: boolean;
  readonly rules: {
    readonly [name: string]: { readonly name: string; readonly valid: boolean; readonly error?: string };
  };
  /** The message of the first failing rule that has one, when the logic fails. */
  readonly error: string | null;
}

export interface CompiledRules {
  readonly source: RuleSet;
  readonly check: (one: Case) => RuleVerdict;
}

const RULES_MAX = 50;
const MESSAGE_LENGTH_MAX = 1_000;
const NAME = /^(?!(and|or|not)$)[a-z0-9_-]{1,50}$/i;

type Complain = (problem: string) => void;

/** Parses untrusted input (`rules` of contract 5.2, with `logic`). Never throws. */
export function parseRules(input: unknown): CompiledRules | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const complain: Complain = (problem) => void problems.push(problem);
  if (!isObject(input)) return { problems: ['Property .rules must be an object'] };
  const { logic: text, ...rules } = input as Readonly<Record<string, unknown>>;
  const names = Object.keys(rules);
  if (names.length === 0) complain('Property .rules must have a rule');
  if (names.length > RULES_MAX) complain(`Property .rules must have at most ${RULES_MAX} rules`);
  const read = names.slice(0, RULES_MAX).flatMap((name) => {
    const rule = readRule(name, Object.hasOwn(rules, name) ? rules[name] : undefined, complain);
    return rule ? [[name, rule] as const] : [];
  });
  const logic = readLogic(text, names, complain);
  if (problems.length > 0 || typeof logic === 'undefined') return { problems };
  return compiled(new Map(read), logic);
}

function readLogic(input: unknown, names: readonly string[], complain: Complain): readonly [string, Logic] | undefined {
  const text = input === undefined || input === '' ? names.join(' and ') : input;
  const logic = typeof text === 'string' ? parseLogic(text) : 'must be a text';
  if (typeof logic === 'string') {
    complain(`Property .rules.logic ${logic}`);
    return undefined;
  }
  const unknown = namesIn(logic).find((name) => !names.includes(name));
  if (unknown !== undefined) complain(`Property .rules.logic names ${unknown}, which is not a rule`);
  return [text as string, logic];
}

interface Read {
  readonly rule: Rule;
  readonly kind: Kind;
  readonly conditions: ValueConditions;
}

function readRule(name: string, input: unknown, complain: Complain): Read | undefined {
  const at = `.rules.${name.slice(0, 50)}`;
  if (!NAME.test(name))
    complain(`Property ${at}: rules are named by up to 50 letters and digits, and not and, or, not`);
  if (!isObject(input)) {
    complain(`Property ${at} must be an object`);
    return undefined;
  }
  const { name: kindName, property: of, conditions, rules, error } = input as Readonly<Record<string, unknown>>;
  const property = textOf(of);
  const about = readKind(at, kindName, property, complain);
  if (isObject(rules) && Object.keys(rules).length > 0)
    complain(`Property ${at}.rules must be empty: rules cannot be nested`);
  const message = readMessage(at, error, complain);
  if (!isObject(conditions) || Object.keys(conditions).length === 0) {
    complain(`Property ${at}.conditions must be an object with an operator`);
    return undefined;
  }
  const read = about && valueConditions(at, { name: about.name, type: about.kind.type }, conditions, complain);
  return read && { rule: kept(about.name, property, read, message), kind: about.kind, conditions: read };
}

function readKind(
  at: string,
  input: unknown,
  property: string | undefined,
  complain: Complain,
): { readonly name: string; readonly kind: Kind } | undefined {
  const kind = typeof input === 'string' ? kindNamed(input, property) : undefined;
  if (typeof input === 'string' && kind) return { name: input, kind };
  complain(`Property ${at}.name is not a known rule about customers, or lacks its .property`);
  return undefined;
}

function kept(
  name: string,
  property: string | undefined,
  { source }: ValueConditions,
  message: string | undefined,
): Rule {
  return {
    name,
    ...(property !== undefined && { property }),
    conditions: source,
    ...(message !== undefined && { error: { message } }),
  };
}

function readMessage(at: string, error: unknown, complain: Complain): string | undefined {
  if (error === undefined || error === null) return undefined;
  const message = isObject(error) ? (error as { message?: unknown }).message : undefined;
  if (typeof message === 'string' && message.length <= MESSAGE_LENGTH_MAX) return message;
  complain(`Property ${at}.error.message must be a text of at most ${MESSAGE_LENGTH_MAX} characters`);
  return undefined;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function compiled(read: ReadonlyMap<string, Read>, [text, logic]: readonly [string, Logic]): CompiledRules {
  const rules = Object.fromEntries(Array.from(read, ([name, { rule }]) => [name, rule]));
  return {
    source: { rules, logic: text },
    check: (one) => {
      const held = new Map(
        Array.from(read, ([name, { kind, conditions }]) => [name, conditions.hold(kind.valueOf(one), one.now)]),
      );
      const holds = (name: string): boolean => held.get(name) === true;
      const valid = isMet(logic, holds);
      const blame = new Set(blamed(logic, holds));
      const message = Array.from(read).find(([name, { rule }]) => blame.has(name) && rule.error)?.[1].rule.error
        ?.message;
      const entries = Array.from(read, ([name, { rule }]) => {
        const isHeld = holds(name);
        return [name, { name: rule.name, valid: isHeld, ...(!isHeld && rule.error && { error: rule.error.message }) }];
      });
      const rules = Object.fromEntries(entries) as RuleVerdict['rules'];
      return { valid, rules, error: message ?? null };
    },
  };
}
