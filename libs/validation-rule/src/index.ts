export type { Case } from './kind.js';
export { type CompiledRules, parseRules, type Rule, type RuleSet, type RuleVerdict } from './rule.js';
