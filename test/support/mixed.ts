import { expect } from '@jest/globals';
import { offsetOf } from './moved-clock.js';
import { Person, type Said, shownAt } from './said.js';
import { type Answer, type CallOptions, KEYS, type Service } from './service.js';
import { type Command, Statements } from './statements.js';
import { eventually } from './wait.js';

/** A clock counts as set back when an answer is so much behind the one before. */
const STEP_BACK_MS = 10_000;
const REPEATED = 0.1;

export interface Mix {
  readonly seed: number;
  /** Commands and facts together. */
  readonly count: number;
  readonly lanes: number;
  /** Per lane. */
  readonly customers: number;
  /** Per request. */
  readonly facts_max: number;
  readonly services: readonly Service[];
}

export interface Outcome {
  readonly commands: number;
  readonly facts: number;
  readonly steps_back: number;
  readonly customers_lost: number;
  /** The shortest run of requests after which something else was read than a command had said. */
  readonly lost: readonly string[];
}

/** Sends commands and facts to services in turn; after each command reads from one of them what commands have said. */
export async function mixed(mix: Mix): Promise<Outcome> {
  const run = new Run(mix);
  await Promise.all(Array.from({ length: mix.lanes }, (_, lane) => run.lane(lane)));
  return run.outcome();
}

class Lost extends Error {
  constructor(readonly lines: readonly string[]) {
    super(lines.join('\n'));
  }
}

class Run {
  private readonly counts = { commands: 0, facts: 0, steps_back: 0 };
  private readonly offsets_ms = new Map<Service, number>();
  private readonly losses: Lost[] = [];

  constructor(private readonly mix: Mix) {}

  outcome(): Outcome {
    const [shortest] = [...this.losses].sort((one, other) => one.lines.length - other.lines.length);
    return { ...this.counts, customers_lost: this.losses.length, lost: shortest?.lines ?? [] };
  }

  /** A lane has customers of its own and sends one request after the other. */
  async lane(lane: number): Promise<void> {
    const { seed, customers } = this.mix;
    const script = new Statements(seed * 1_000 + lane);
    const sent = new Map<Person, object[]>();
    for (let n = 0; n < customers; n++) sent.set(new Person(`c-${seed}-${lane}-${n}`), []);
    for (const person of [...sent.keys()])
      for (const command of script.first(person))
        if (sent.has(person) && !(await this.holds(() => this.command(person, script, command)))) sent.delete(person);
    while (sent.size > 0 && this.counts.commands + this.counts.facts < this.mix.count) {
      const [person, facts] = script.of([...sent]);
      const step = script.happens(0.5)
        ? () => this.facts(person, facts, script)
        : () => this.command(person, script, script.command(person));
      // one loss of a customer is enough
      if (!(await this.holds(step))) sent.delete(person);
    }
  }

  /** False when a command was lost. */
  private async holds(step: () => Promise<void>): Promise<boolean> {
    try {
      await step();
      return true;
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      this.losses.push(error);
      return false;
    }
  }

  private async command(person: Person, script: Statements, { method, path, body, said }: Command): Promise<void> {
    const sent_ms = Date.now();
    const [answer, where] = await this.call(script, method, path, { body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.text}`);
    this.counts.commands += 1;
    person.command(said, sent_ms, `command ${where} ${method} ${path} ${JSON.stringify(body)}`);
    if (answer.text !== '') this.compare(person, said, answer, `answered ${where}`);
    const of = said[0]?.of ?? 'customer';
    const read = of === 'customer' ? `/v1/customers/${person.source_id}` : `/v1/orders/${of}`;
    const position = answer.headers.get('x-ledger-position') ?? '0';
    const [shown, reader] = await this.call(script, 'GET', read, { headers: { 'x-ledger-min-position': position } });
    this.compare(person, person.expected(of), shown, `read ${reader}`);
  }

  private compare(person: Person, expected: readonly Said[], answer: Answer, where: string): void {
    for (const one of expected) {
      const shown = shownAt(answer.body, one.path);
      if (shown === one.value) continue;
      const [is, ought] = [shown, one.value].map((value) => JSON.stringify(value));
      throw new Lost([...person.requestsSince(one), `${where}: ${one.path} of ${one.of} is ${is}, not ${ought}`]);
    }
  }

  private async facts(person: Person, sent: object[], script: Statements): Promise<void> {
    const sent_ms = Date.now();
    const told = Array.from({ length: 1 + script.below(this.mix.facts_max) }, () => script.fact(person, sent_ms));
    const repeated = script.happens(REPEATED) && sent.length > 0 ? [script.of(sent)] : [];
    const events = [...repeated, ...told.map(({ event }) => event)];
    const [answer, where] = await this.call(script, 'POST', '/v1/facts', {
      key: KEYS.ingest,
      raw: JSON.stringify(events),
      headers: { 'content-type': 'application/cloudevents-batch+json' },
    });
    if (answer.status !== 200 || answer.body.rejected > 0) throw new Error(`${JSON.stringify(events)}: ${answer.text}`);
    sent.push(...told.map(({ event }) => event));
    this.counts.facts += events.length;
    for (const { said, isOlder } of told) if (!isOlder) person.override(said);
    const said = told.flatMap((one) => one.said);
    person.fact(said, sent_ms, `facts ${where} ${JSON.stringify(events)}`);
  }

  private async call(
    script: Statements,
    method: string,
    path: string,
    options: CallOptions,
  ): Promise<[Answer, string]> {
    const n = script.below(this.mix.services.length);
    const service = this.mix.services[n] as Service;
    const answer = await available(service, method, path, options);
    const offset_ms = offsetOf(answer.headers);
    if (offset_ms < (this.offsets_ms.get(service) ?? offset_ms) - STEP_BACK_MS) this.counts.steps_back += 1;
    this.offsets_ms.set(service, offset_ms);
    return [answer, `by service ${n}, clock ${Math.round(offset_ms / 1_000)} s`];
  }
}

/** A busy machine is no failure: what was 503 is sent again, which says nothing else. */
async function available(service: Service, method: string, path: string, options: CallOptions): Promise<Answer> {
  let answer: Answer | undefined;
  await eventually(async () => {
    answer = await service.call(method, path, options);
    expect([429, 503]).not.toContain(answer.status);
  });
  return answer as Answer;
}
