export type { Case } from './kind.js';
export { type CompiledRules, parseRules, type Rule, type RuleSet, type Verdict } from './rule.js';
