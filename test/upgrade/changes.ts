import { differences } from '#customer';
import type { Answers } from './answers.js';
import { comparable } from './comparable.js';

/** What is answered otherwise than by 0.1.0, on purpose. */
export interface Change {
  /** The rule that asks for it, as the changelog says it. */
  readonly rule: string;
  /** Where, as places in the answers: `*` is one step, `**` any number of them. */
  readonly at: readonly string[];
}

/** None so far: each rule that changes what an old history means has a line here. */
export const changes: readonly Change[] = [];

export interface Judgement {
  /** Differences that no change explains: where, what was answered, and what is. */
  readonly unexplained: readonly string[];
  /** Changes that explain nothing: they are not there any more, or never were. */
  readonly idle: readonly string[];
}

/** Holds present answers against those of before. */
export function judged(was: Answers, is: Answers, by: readonly Change[] = changes): Judgement {
  const found = differences(...comparable(was, is));
  const rules = by.map(({ rule, at }) => ({ rule, at: at.map(patternOf) }));
  const explains = ({ at }: (typeof rules)[number], path: string): boolean => at.some((one) => one.test(path));
  return {
    unexplained: found
      .filter(({ path }) => !rules.some((rule) => explains(rule, path)))
      .map(({ path, from, to }) => `${path}: ${JSON.stringify(from)} -> ${JSON.stringify(to)}`),
    idle: rules.filter((rule) => !found.some(({ path }) => explains(rule, path))).map(({ rule }) => rule),
  };
}

/** A place with stars as a regular expression. */
function patternOf(place: string): RegExp {
  const steps = place.split('/').map((step) => (step === '**' ? '.*' : step.split('*').map(literal).join('[^/]*')));
  return new RegExp(`^${steps.join('/')}$`);
}

const literal = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
