import { type VoucherifyError, VoucherifyServerSide } from '@voucherify/sdk';
import type { OpenApi } from './openapi.js';
import { KEYS, type Service } from './service.js';

type Client = ReturnType<typeof VoucherifyServerSide>;
type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>;

/** What the methods of the official SDK answer, by the name in /openapi.json; null for nothing. */
export const ANSWERS = {
  customers: {
    create: 'Customer',
    get: 'Customer',
    update: 'Customer',
    list: 'CustomerList',
    delete: null,
    deletePermanently: 'Deletion',
    listActivity: 'ActivityList',
    listRedeemables: 'RedeemableList',
    updateConsents: null,
  },
  consents: { list: 'ConsentLists' },
  events: { create: 'Event' },
  orders: { create: 'Order', get: 'Order', update: 'Order', list: 'OrderList', import: 'OrderImport' },
  redemptions: { get: 'Redemption', list: 'RedemptionList', getForVoucher: 'VoucherRedemptionList' },
} as const;

/** The official SDK; every answer and every error is held to the schema that the service itself serves. */
export function sdk(service: Service, api: OpenApi): Client {
  const { app_id: applicationId, token: secretKey } = KEYS.write;
  const client = VoucherifyServerSide({ applicationId, secretKey, apiUrl: service.url });
  const hold = (name: string, component: string, body: unknown): void => {
    const problems = api.problems(component, { body });
    if (Array.isArray(problems) && problems.length === 0) return;
    throw new Error(`${name} is not answered a ${component}: ${JSON.stringify(problems)}`);
  };
  for (const [resource, methods] of Object.entries(ANSWERS)) {
    const target = client[resource as keyof typeof ANSWERS] as unknown as Methods;
    for (const [name, component] of Object.entries(methods) as [string, string | null][]) {
      const method = target[name]?.bind(target);
      if (!method) throw new Error(`the SDK has no ${resource}.${name}`);
      target[name] = async (...args) => {
        const answer = await method(...args).catch((error: VoucherifyError) => {
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
