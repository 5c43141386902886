import type { Answer, Service } from '../support/service.js';

type Json = Readonly<Record<string, unknown>>;
type List = readonly Json[];

/** The answers of a service about one customer. */
export interface CustomerAnswers {
  readonly document: Json;
  readonly activity: List;
  readonly orders: List;
  readonly redemptions: List;
  readonly redeemables: List;
  readonly segments: List;
  readonly history: List;
  readonly verify: Json;
}

/** The answers of a service about a customer who was deleted or forgotten. */
export interface GoneAnswers {
  readonly status: number;
  readonly history: List;
  readonly verify: Json;
}

/** Its answers about everything else. */
export interface OtherAnswers {
  readonly consents: Json;
  readonly segments: List;
  readonly members: Readonly<Record<string, readonly string[]>>;
  readonly validation_rules: List;
  readonly metadata_schemas: List;
  readonly webhooks: List;
  readonly deliveries: List;
  readonly actions: List;
  readonly reports: readonly string[];
  readonly exports: List;
  readonly files: readonly string[];
}

export interface Answers {
  /** By source id, or by id where there is none. */
  readonly customers: Readonly<Record<string, CustomerAnswers>>;
  /** By id. */
  readonly gone: Readonly<Record<string, GoneAnswers>>;
  readonly others: OtherAnswers;
}

const PAGE = 100;
const HISTORY_PAGE = 1_000;

/** Everything that a service says about these; addresses and keys that change from start to start are left out. */
export async function answersOf(service: Service, gone: readonly string[]): Promise<Answers> {
  const asking = new Asking(service);
  const customers = await asking.pages('/v1/customers?order=created_at', 'customers');
  const orders = grouped(await asking.pages('/v1/orders?order=created_at', 'orders'));
  const redemptions = grouped(await asking.pages('/v1/redemptions?order=created_at', 'redemptions'));
  const named: Record<string, CustomerAnswers> = {};
  for (const { id, source_id } of customers as readonly { readonly id: string; readonly source_id: string | null }[])
    named[source_id ?? id] = {
      ...(await asking.customer(id)),
      orders: orders.get(id) ?? [],
      redemptions: redemptions.get(id) ?? [],
    };
  const left: Record<string, GoneAnswers> = {};
  for (const id of gone) left[id] = await asking.gone(id);
  return { customers: named, gone: left, others: await asking.others() };
}

/** Orders and redemptions by the id of their customer. */
function grouped(list: List): ReadonlyMap<string, List> {
  const groups = new Map<string, Json[]>();
  for (const one of list) {
    const customer = String(one['customer_id'] ?? (one['customer'] as Json | undefined)?.['id']);
    groups.set(customer, [...(groups.get(customer) ?? []), one]);
  }
  return groups;
}

class Asking {
  constructor(private readonly service: Service) {}

  async customer(id: string): Promise<Omit<CustomerAnswers, 'orders' | 'redemptions'>> {
    const path = `/v1/customers/${id}`;
    return {
      document: (await this.get(path)).body as Json,
      activity: await this.scroll(`${path}/activity?limit=${PAGE}`),
      redeemables: await this.scroll(`${path}/redeemables?limit=${PAGE}`),
      segments: await this.list(`${path}/segments`, 'data'),
      history: await this.list(`${path}/history?limit=${HISTORY_PAGE}`, 'events'),
      verify: (await this.get(`${path}/verify`)).body as Json,
    };
  }

  async gone(id: string): Promise<GoneAnswers> {
    const path = `/v1/customers/${id}`;
    return {
      status: (await this.service.call('GET', path)).status,
      history: await this.list(`${path}/history?limit=${HISTORY_PAGE}`, 'events'),
      verify: (await this.get(`${path}/verify`)).body as Json,
    };
  }

  async others(): Promise<OtherAnswers> {
    const segments = await this.list('/v1/segments?limit=100&order=created_at', 'data');
    const members: Record<string, readonly string[]> = {};
    for (const { id, name } of segments) {
      const found = await this.list(`/v1/customers?segment_id=${String(id)}&limit=${PAGE}`, 'customers');
      members[String(name)] = found.map(({ source_id }) => String(source_id)).sort();
    }
    const webhooks = await this.list('/v1/webhooks', 'webhooks');
    const deliveries = webhooks.map(({ id }) =>
      this.list(`/v1/webhooks/${String(id)}/deliveries?limit=${PAGE}`, 'deliveries'),
    );
    const actions = await this.list('/v1/async-actions?limit=100', 'async_actions');
    const shown = await Promise.all(
      actions.map(async ({ id }) => (await this.get(`/v1/async-actions/${String(id)}`)).body as Json),
    );
    const exports = await this.list('/v1/exports?limit=100', 'exports');
    return {
      consents: (await this.get('/v1/consents')).body as Json,
      segments,
      members,
      validation_rules: await this.list('/v1/validation-rules?limit=100', 'data'),
      metadata_schemas: await this.list('/v1/metadata-schemas', 'schemas'),
      webhooks,
      deliveries: (await Promise.all(deliveries)).flat(),
      actions: shown.map(({ result, ...rest }) => ({ ...rest, result: lasting(result as Json) })),
      reports: await this.files(shown.flatMap(({ result }) => (result as { reports?: string[] }).reports ?? [])),
      exports: exports.map(({ result: _, ...rest }) => rest),
      files: await this.files(exports.flatMap(({ result }) => (result as { url?: string } | null)?.url ?? [])),
    };
  }

  /** By page numbers. */
  async pages(path: string, member: string): Promise<List> {
    const all: Json[] = [];
    for (let page = 1; ; page++) {
      const found = await this.list(`${path}&limit=${PAGE}&page=${page}`, member);
      all.push(...found);
      if (found.length < PAGE) return all;
    }
  }

  /** By the id after which the next page starts. */
  private async scroll(path: string): Promise<List> {
    const all: Json[] = [];
    for (let after = ''; ;) {
      const { body } = await this.get(path + after);
      const { data, has_more, more_starting_after } = body as {
        data: List;
        has_more: boolean;
        more_starting_after: string;
      };
      all.push(...data);
      if (!has_more) return all;
      after = `&starting_after_id=${more_starting_after}`;
    }
  }

  private async list(path: string, member: string): Promise<List> {
    const { body } = await this.get(path);
    return (
      (body as Record<string, List | undefined>)[member] ?? raise(`${path}: no ${member} in ${JSON.stringify(body)}`)
    );
  }

  private async get(path: string): Promise<Answer> {
    const answer = await this.service.call('GET', path);
    return answer.status === 200 ? answer : raise(`${path}: ${answer.status} ${answer.text}`);
  }

  private files(urls: readonly string[]): Promise<readonly string[]> {
    return Promise.all(urls.map(async (url) => (await fetch(url)).text()));
  }
}

/** Addresses of reports carry a port and a signature, and lapse. */
const lasting = ({ reports: _, reports_available_till: _till, ...result }: Json): Json => ({ ...result, reports: [] });

function raise(message: string): never {
  throw new Error(message);
}
