import type { OpenApiDocument, OpenApiOperation } from './openapi.js';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2330;background:#fff}' +
  'h1{margin-bottom:.2rem}details{border:1px solid #d6dbe4;border-radius:.5rem;margin:.5rem 0;padding:.5rem 1rem}' +
  'summary{cursor:pointer}code,pre{font:14px/1.4 ui-monospace,monospace}pre{overflow:auto;background:#f4f6fa;padding:.75rem;border-radius:.4rem}' +
  '.method{display:inline-block;min-width:4.5rem;font-weight:700}.role{color:#5b6575}table{border-collapse:collapse;width:100%}' +
  'td,th{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #e5e9f0;vertical-align:top}' +
  '@media(prefers-color-scheme:dark){body{color:#e6eaf2;background:#12161f}details{border-color:#2c3444}pre{background:#1b212d}td,th{border-color:#2c3444}.role{color:#9aa5b8}}';

/** The API description as one page without scripts: every route with its role, parameters and shapes. */
export function apiPage(document: OpenApiDocument): string {
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => route(method, path, operation)),
  );
  const schemas = Object.entries(document.components['schemas'] ?? {}).map(([name, schema]) => shape(name, schema));
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">` +
    `<title>Customer Ledger API</title><style>${STYLE}</style></head><body><h1>Customer Ledger API</h1>` +
    `<p>${escape(String(document.info['description']))} Machine-readable: <a href="/openapi.json">/openapi.json</a></p>` +
    `<h2>Routes</h2>${routes.join('')}<h2>Shapes</h2>${schemas.join('')}</body></html>`
  );
}

function route(method: string, path: string, operation: OpenApiOperation): string {
  const { summary, description, parameters, requestBody } = operation;
  return (
    `<details><summary><span class="method">${method.toUpperCase()}</span> <code>${escape(path)}</code> ${escape(summary)} ` +
    `<span class="role">role: ${escape(operation['x-role'])}</span></summary>` +
    (description === undefined ? '' : `<p>${escape(description)}</p>`) +
    (parameters.length === 0 ? '' : parameterTable(parameters)) +
    (requestBody === undefined ? '' : `<h4>Body</h4>${code(requestBody)}`) +
    `<h4>Answers</h4>${code(operation.responses)}</details>`
  );
}

function parameterTable(parameters: OpenApiOperation['parameters']): string {
  const rows = parameters.map(
    (one) =>
      `<tr><td><code>${escape(String(one['name']))}</code></td><td>${escape(String(one['in']))}</td><td>${code(one['schema'])}</td></tr>`,
  );
  return `<table><tr><th>Parameter</th><th>In</th><th>Form</th></tr>${rows.join('')}</table>`;
}

const shape = (name: string, schema: unknown): string =>
  `<details id="${escape(name)}"><summary><code>${escape(name)}</code></summary>${code(schema)}</details>`;

const code = (value: unknown): string => `<pre>${escape(JSON.stringify(value, null, 2))}</pre>`;

const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign);
