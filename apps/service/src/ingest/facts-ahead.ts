import { Injectable } from '@nestjs/common';
import { ContractError, type Fact, timesIn, toInstant } from '#contract';
import { Config } from '../config.js';
import { Clock } from '../ops/clock.js';

const WARNING_MS = 300_000;

/** Refuses facts ahead of the clock, and then warns for a while, because either of the two clocks may be wrong. */
@Injectable()
export class FactsAhead {
  private refused_at_ms: number | undefined;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** The refusal of a fact; undefined when none of its times is too far ahead. */
  refusal(fact: Fact): ContractError | undefined {
    const now_ms = Date.parse(this.clock.now());
    const ahead_max_s = this.config.FACTS_AHEAD_MAX_S;
    const latest = toInstant(new Date(now_ms + ahead_max_s * 1_000).toISOString());
    const problems = timesIn(fact)
      .filter(({ at }) => at > latest)
      .map(({ path, at }) => `Property ${path} is ${secondsAhead(at, now_ms)} s ahead of the clock`);
    if (problems.length === 0) return undefined;
    this.refused_at_ms = now_ms;
    return new ContractError('fact_ahead', `${problems.join('; ')}; at most ${ahead_max_s} s are allowed`);
  }

  get warning(): string | undefined {
    if (this.refused_at_ms === undefined) return undefined;
    const since_ms = Date.parse(this.clock.now()) - this.refused_at_ms;
    // absolute, because a clock set back must not prolong the warning
    if (Math.abs(since_ms) > WARNING_MS) return undefined;
    return 'Facts dated ahead of the clock are refused: the clock of this service may be slow';
  }
}

/** Seconds with all nine digits, because instants are finer than the clock. */
function secondsAhead(at: string, now_ms: number): string {
  const ms = Date.parse(at) - now_ms;
  const fraction = `${String(ms % 1_000).padStart(3, '0')}${at.slice(23, 29)}`.replace(/0+$/, '');
  return `${Math.floor(ms / 1_000)}${fraction && `.${fraction}`}`;
}
