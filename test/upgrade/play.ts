import { type Answer, KEYS, type Service } from '../support/service.js';
import { eventually } from '../support/wait.js';

const BATCH = 40;

/** Everything that the golden folder is about, played into a service. */
export class Play {
  /** The numbers of facts taken, known and refused. */
  readonly statuses: Record<string, number> = {};

  constructor(
    private readonly service: Service,
    private readonly hearer_url: string,
  ) {}

  /** Everything that exists before the first customer. */
  async define(): Promise<void> {
    await this.post('/v1/consents', { id: 'news', name: 'News' });
    await this.post('/v1/consents', { id: 'calls', name: 'Calls', category: 'phone' });
    await this.post('/v1/consents/groups', { name: 'All', consents: ['news', 'calls'] });
    await this.put('/v1/metadata-schemas/customer', { properties: { lang: { type: 'string' } } });
    await this.put('/v1/metadata-schemas/order', { properties: { channel: { type: 'string' } } });
    const spenders = { junction: 'AND', 'summary.orders.total_amount': { conditions: { $more_than: ['5000'] } } };
    await this.post('/v1/segments', { name: 'Spenders', type: 'auto-update', filter: spenders });
    await this.post('/v1/segments', {
      name: 'News',
      type: 'auto-update',
      filter: { 'system_metadata.consents.news.value': { conditions: { $is: [true] } } },
    });
    await this.post('/v1/segments', {
      name: 'Ada',
      type: 'passive',
      filter: { name: { conditions: { $is: ['Ada'] } } },
    });
    const events = ['customer.created', 'customer.updated', 'customer.order.paid', 'customer.consents.given'];
    await this.post('/v1/webhooks', { target_url: this.hearer_url, events, secret: 'whsec_golden_golden' });
    const rules = {
      rules: { 1: { name: 'redemption.count.per_customer', conditions: { $less_than: [1] } }, logic: '1' },
    };
    await this.post('/v1/validation-rules', { name: 'Once', ...rules });
  }

  async tell(told: readonly object[], batch = BATCH): Promise<void> {
    for (let from = 0; from < told.length; from += batch) {
      const { body } = await this.service.facts(told.slice(from, from + batch));
      for (const { status } of body.results as readonly { status: string }[])
        this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    }
  }

  /** Commands about people of whom facts tell, and about others. */
  async command(): Promise<void> {
    for (const n of [1, 2, 3, 4, 5, 6]) {
      const source_id = `command-${n}`;
      const { body } = await this.post('/v1/customers', {
        source_id,
        name: `Command ${n}`,
        email: `${source_id}@example.test`,
        metadata: { lang: 'en', n },
      });
      await this.put(`/v1/customers/${body.id}`, {
        phone: `+4850${n}`,
        address: { city: 'Kraków', country: n % 2 ? 'PL' : null },
      });
      await this.put(`/v1/customers/${source_id}/consents`, { news: n % 2 === 0, calls: true });
      const order = await this.post('/v1/orders', {
        source_id: `web-${n}`,
        amount: 1_000 * n,
        customer: { source_id },
        metadata: { channel: 'web' },
      });
      await this.put(`/v1/orders/${order.body.id}`, { status: n % 3 ? 'PAID' : 'CANCELED' });
      await this.post('/v1/events', { event: 'called', customer: { source_id }, metadata: { line: n } });
    }
    for (const n of [1, 2, 3]) {
      await this.put(`/v1/customers/person-${n}`, { name: `Person ${n}`, metadata: { lang: 'pl' } });
      await this.put(`/v1/customers/person-${n}/consents`, { news: true, unsubscribed: n === 3 });
    }
    const headers = {
      'x-client-application-id': 'golden-client',
      'x-client-token': 'golden-token',
      origin: 'https://shop.example',
    };
    const { id } = (await this.service.call('GET', '/v1/customers/command-1')).body;
    good(
      await this.service.call('PUT', `/client/v1/customers/${id}/consents`, {
        key: null,
        headers,
        body: { news: true },
      }),
    );
    await this.post('/v1/orders/import', [
      {
        id: 'imported-1',
        amount: 4_200,
        status: 'PAID',
        created_at: '2026-02-01T00:00:00Z',
        customer: { source_id: 'command-6' },
      },
    ]);
    const { body } = await this.service.call('GET', '/v1/validation-rules');
    await this.post(`/v1/validation-rules/${body.data[0].id}/check`, {
      customer: { source_id: 'person-1' },
      record: true,
    });
  }

  /** Work that outlives its request. */
  async work(): Promise<void> {
    const rows = [1, 2, 3, 4].map((n) => ({ source_id: `bulk-${n}`, name: `Bulk ${n}`, metadata: { lang: 'de' } }));
    await this.ended(
      await this.post('/v1/customers/bulk/async', [
        ...rows,
        { source_id: 'person-4', phone: '+4', address: { city: 'Rome' } },
      ]),
    );
    await this.ended(
      await this.post('/v1/customers/metadata/async', { source_ids: ['person-5', 'bulk-1'], metadata: { lang: 'it' } }),
    );
    const form = new FormData();
    form.append(
      'file',
      new Blob([
        'Name,Email,Birthdate,Source_id,lang\nCsv One,one@example.test,1990-05-06,csv-1,fr\nCsv Two,,soon,csv-2,\nCsv Six,,,person-6,fr\n',
      ]),
      'a.csv',
    );
    const headers = { 'x-app-id': KEYS.admin.app_id, 'x-app-token': KEYS.admin.token };
    const answer = await fetch(`${this.service.url}/v1/customers/importCSV`, { method: 'POST', headers, body: form });
    await this.ended({ body: await answer.json() });
  }

  private async ended(asked: { readonly body: unknown }): Promise<void> {
    const { async_action_id } = asked.body as { async_action_id: string };
    await eventually(async () => {
      const { body } = await this.service.call('GET', `/v1/async-actions/${async_action_id}`);
      if (body.status === 'IN_PROGRESS') throw new Error(`${async_action_id} is not done yet`);
    });
  }

  /** Two people leave: one is deleted, and one forgotten. */
  async forget(): Promise<readonly string[]> {
    const ids: string[] = [];
    for (const [source_id, method, path] of [
      ['person-7', 'DELETE', ''],
      ['person-8', 'POST', '/permanent-deletion'],
    ] as const) {
      const { id } = (await this.service.call('GET', `/v1/customers/${source_id}`)).body;
      good(await this.service.call(method, `/v1/customers/${id}${path}`));
      ids.push(id as string);
    }
    // another person may have the name now
    await this.post('/v1/customers', { source_id: 'person-7', name: 'Somebody else' });
    return ids;
  }

  async exportAll(): Promise<void> {
    for (const exported_object of ['customer', 'order']) {
      const { body } = await this.post('/v1/exports', { exported_object });
      await eventually(async () => {
        if ((await this.service.call('GET', `/v1/exports/${body.id}`)).body.status !== 'DONE')
          throw new Error('not done yet');
      });
    }
  }

  private async post(path: string, body: object): Promise<Answer> {
    return good(await this.service.call('POST', path, { body }));
  }

  private async put(path: string, body: object): Promise<Answer> {
    return good(await this.service.call('PUT', path, { body }));
  }
}

function good(answer: Answer): Answer {
  if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text}`);
  return answer;
}
