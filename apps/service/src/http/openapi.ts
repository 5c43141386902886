import { Injectable } from '@nestjs/common';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { componentSchemas, type Dto, dtoSchema } from '#contract';
import type { OperationSpec } from './operation.js';

type Schema = Readonly<Record<string, unknown>>;

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: Schema;
  readonly security: readonly Schema[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: Schema;
}

export interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly 'x-role': string;
  readonly security?: readonly Schema[];
  readonly parameters: readonly Schema[];
  readonly responses: Schema;
  readonly requestBody?: Schema;
}

/** OpenAPI 3.1, built from the registered routes, so that it names exactly these. */
@Injectable()
export class ApiDescription {
  private readonly paths: Record<string, Record<string, OpenApiOperation>> = {};
  private rendered: string | undefined;

  /** Collects every route that is registered after this call. */
  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', (route) => this.note(route));
  }

  get document(): OpenApiDocument {
    return {
      openapi: '3.1.0',
      info: {
        title: 'Customer Ledger',
        version: 'v1',
        description: 'Customers with their history, in the shape of the Voucherify Customers API.',
      },
      security: [{ appId: [], appToken: [] }, { basic: [] }],
      paths: this.paths,
      components: {
        securitySchemes: {
          appId: { type: 'apiKey', in: 'header', name: 'X-App-Id' },
          appToken: { type: 'apiKey', in: 'header', name: 'X-App-Token' },
          basic: { type: 'http', scheme: 'basic' },
          clientId: { type: 'apiKey', in: 'header', name: 'X-Client-Application-Id' },
          clientToken: { type: 'apiKey', in: 'header', name: 'X-Client-Token' },
        },
        schemas: componentSchemas(),
      },
    };
  }

  get text(): string {
    return (this.rendered ??= JSON.stringify(this.document));
  }

  private note(route: RouteOptions): void {
    const spec = route.config?.operation;
    if (!spec || spec.isRefused) return;
    const path = route.url.replace(/:(\w+)/g, '{$1}');
    for (const method of [route.method].flat()) {
      if (method === 'HEAD') continue;
      (this.paths[path] ??= {})[method.toLowerCase()] = operation(spec, method, path);
    }
  }
}

function operation(spec: OperationSpec, method: string, path: string): OpenApiOperation {
  return {
    operationId: `${method.toLowerCase()}${path.replace(/[^A-Za-z]+(\w)?/g, (_, letter: string | undefined) => (letter ?? '').toUpperCase())}`,
    summary: spec.summary,
    ...(spec.description !== undefined && { description: spec.description }),
    'x-role': spec.role,
    ...(spec.role === 'client' && { security: [{ clientId: [], clientToken: [] }] }),
    ...(spec.role === 'public' && { security: [] }),
    parameters: [...pathParameters(path), ...queryParameters(spec.query), ...headerParameters(spec)],
    ...requestBody(spec),
    responses: {
      [spec.status ?? 200]: success(spec),
      default: { description: 'An error', content: json(reference('Error')) },
    },
  };
}

function requestBody({ body, bodies, upload }: OperationSpec): { requestBody?: Schema } {
  if (upload === 'file')
    return { requestBody: { required: true, content: { 'multipart/form-data': { schema: FILE } } } };
  const schema = bodies
    ? { type: 'array', minItems: 1, maxItems: bodies.max, items: dtoSchema(bodies.of) }
    : body && dtoSchema(body);
  if (!schema) return {};
  return {
    requestBody: { required: true, content: json(upload === 'list' ? { type: 'array', items: schema } : schema) },
  };
}

const FILE = {
  type: 'object',
  properties: { file: { type: 'string', contentMediaType: 'text/csv' } },
  required: ['file'],
};

function success(spec: OperationSpec): Schema {
  if (spec.status === 204) return { description: 'Done' };
  if (spec.status === 303) return { description: 'Done: follow the Location header' };
  const schema = spec.answer === undefined ? {} : reference(spec.answer);
  return { description: spec.summary, content: { [spec.type ?? 'application/json']: { schema } } };
}

const pathParameters = (path: string): Schema[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    description:
      name === 'ref' ? 'An id or, where there is one, a source_id, percent-encoded' : 'An id, percent-encoded',
    schema: { type: 'string' },
  }));

function queryParameters(query: Dto | undefined): Schema[] {
  if (!query) return [];
  const { properties = {} } = dtoSchema(query) as { properties?: Record<string, Schema> };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    schema,
    ...(schema['type'] === 'object' && { style: 'deepObject', explode: true }),
  }));
}

const headerParameters = (spec: OperationSpec): Schema[] =>
  (spec.headers ?? []).map((name) => ({ name, in: 'header', schema: { type: 'string' } }));

const json = (schema: Schema): Schema => ({ 'application/json': { schema } });
const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
