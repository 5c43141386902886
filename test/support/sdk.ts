import { type VoucherifyError, VoucherifyServerSide } from '@voucherify/sdk';
import type { OpenApi } from './openapi.js';
import { KEYS, type Service } from './service.js';

type Client = ReturnType<typeof VoucherifyServerSide>;
type Key = { readonly app_id: string; readonly token: string };
type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>;

/** The answers of the official SDK's methods, by the name in /openapi.json; null for nothing. `scroll` asks `list`. */
export const ANSWERS = {
  customers: {
    create: 'Customer',
    get: 'Customer',
    update: 'Customer',
    list: 'CustomerList',
    delete: null,
    deletePermanently: 'Deletion',
    listActivity: 'ActivityList',
    listActivities: 'ActivitiesList',
    listRedeemables: 'RedeemableList',
    updateConsents: null,
    updateInBulk: 'AsyncActionBegun',
    updateMetadataInBulk: 'AsyncActionBegun',
    importCSV: 'AsyncActionBegun',
  },
  segments: { create: 'Segment', get: 'Segment', list: 'CustomerSegmentList', delete: null },
  consents: { list: 'ConsentLists' },
  events: { create: 'Event' },
  orders: { create: 'Order', get: 'Order', update: 'Order', list: 'OrderList', import: 'OrderImport' },
  redemptions: { get: 'Redemption', list: 'RedemptionList', getForVoucher: 'VoucherRedemptionList' },
  asyncActions: { get: 'AsyncAction', list: 'AsyncActionList' },
  'distributions.exports': { create: 'Export', get: 'Export', list: 'ExportList', delete: null },
  metadataSchemas: { get: 'MetadataSchema', list: 'MetadataSchemaList' },
} as const;

/** The official SDK as it comes. */
export const plainSdk = (service: Service, { app_id, token }: Key = KEYS.write): Client =>
  VoucherifyServerSide({ applicationId: app_id, secretKey: token, apiUrl: service.url });

/** The value that a name with dots stands for. */
export const partOf = (client: Client, path: string): object =>
  path.split('.').reduce<object>((at, name) => (at as Record<string, object>)[name] as object, client);

/** The official SDK; every answer and every error is held to the schema that the service itself serves. */
export function sdk(service: Service, api: OpenApi, key?: Key): Client {
  const client = plainSdk(service, key);
  const hold = (name: string, component: string, body: unknown): void => {
    const problems = api.problems(component, { body });
    if (Array.isArray(problems) && problems.length === 0) return;
    throw new Error(`${name} is not answered a ${component}: ${JSON.stringify(problems)}`);
  };
  for (const [resource, methods] of Object.entries(ANSWERS)) {
    const target = partOf(client, resource) as Methods;
    for (const [name, component] of Object.entries(methods) as [string, string | null][]) {
      const method = target[name]?.bind(target);
      if (!method) throw new Error(`the SDK has no ${resource}.${name}`);
      target[name] = async (...args) => {
        const answer = await method(...args).catch((error: VoucherifyError) => {
          // a text is of the connection or the file, not of an answer
          if (typeof error.code === 'string') throw new Error(`${name}: ${String(error.code)}`, { cause: error });
          hold(name, 'Error', { ...error, message: error.message });
          throw error;
        });
        if (component !== null) hold(name, component, answer);
        return answer;
      };
    }
  }
  return client;
}
