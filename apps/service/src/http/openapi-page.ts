import { html, Html } from './html.js';
import type { OpenApiDocument, OpenApiOperation } from './openapi.js';

const STYLE =
  ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2330;background:#fff}' +
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
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <title>Customer Ledger API</title>
        ${new Html(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <h1>Customer Ledger API</h1>
        <p>${String(document.info['description'])} Machine-readable: <a href="/openapi.json">/openapi.json</a></p>
        <h2>Routes</h2>
        ${routes}
        <h2>Shapes</h2>
        ${schemas}
      </body>
    </html>`.text;
}

function route(method: string, path: string, operation: OpenApiOperation): Html {
  const { summary, description, parameters, requestBody } = operation;
  return html`<details>
    <summary>
      <span class="method">${method.toUpperCase()}</span> <code>${path}</code> ${summary}
      <span class="role">role: ${operation['x-role']}</span>
    </summary>
    ${description !== undefined && html`<p>${description}</p>`} ${parameters.length > 0 && parameterTable(parameters)}
    ${
      requestBody !== undefined &&
      html`<h4>Body</h4>
        ${code(requestBody)}`
    }
    <h4>Answers</h4>
    ${code(operation.responses)}
  </details>`;
}

function parameterTable(parameters: OpenApiOperation['parameters']): Html {
  const rows = parameters.map(
    (one) =>
      html`<tr>
        <td><code>${String(one['name'])}</code></td>
        <td>${String(one['in'])}</td>
        <td>${code(one['schema'])}</td>
      </tr>`,
  );
  return html`<table>
    <tr>
      <th>Parameter</th>
      <th>In</th>
      <th>Form</th>
    </tr>
    ${rows}
  </table>`;
}

const shape = (name: string, schema: unknown): Html =>
  html`<details id="${name}">
    <summary><code>${name}</code></summary>
    ${code(schema)}
  </details>`;

const code = (value: unknown): Html => html`<pre>${JSON.stringify(value, null, 2)}</pre>`;
