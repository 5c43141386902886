import { html, Html } from './html.js';
import type { OpenApiDocument, OpenApiOperation } from './openapi.js';

const STYLE =
  ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2330;background:#fff;overflow-wrap:anywhere}' +
  'h1{margin-bottom:.2rem}h4{margin:1rem 0 .3rem}details{border:1px solid #d6dbe4;border-radius:.5rem;margin:.5rem 0;padding:.5rem 1rem}' +
  'summary{cursor:pointer}code,pre{font:14px/1.4 ui-monospace,monospace}pre{white-space:pre-wrap;background:#f4f6fa;padding:.75rem;border-radius:.4rem;margin:.5rem 0}' +
  '.method{display:inline-block;min-width:4.5rem;font-weight:700}.role{color:#5b6575;white-space:nowrap}a{color:#1f5f99}table{border-collapse:collapse;width:100%}' +
  'td,th{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #e5e9f0;vertical-align:top}td:first-child{width:35%;overflow-wrap:normal}' +
  '@media(prefers-color-scheme:dark){body{color:#e6eaf2;background:#12161f}details{border-color:#2c3444}pre{background:#1b212d}td,th{border-color:#2c3444}.role{color:#9aa5b8}a{color:#8fc4f5}}';

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
  const { summary, description, parameters, requestBody, responses } = operation;
  return html`<details>
    <summary>
      <span class="method">${method.toUpperCase()}</span> <code>${path}</code> ${summary}
      <span class="role">role: ${operation['x-role']}</span>
    </summary>
    ${description !== undefined && html`<p>${description}</p>`}
    ${parameters.length > 0 && table(['Parameter', 'Form'], parameters.map(parameter))}
    ${
      requestBody !== undefined &&
      html`<h4>Body</h4>
        ${contents(requestBody['content'] as Contents)}`
    }
    ${table(['Answer', 'Form'], Object.entries(responses as Answers).map(answer))}
  </details>`;
}

type Row = readonly (string | Html)[];
type Contents = Readonly<Record<string, { readonly schema: { readonly $ref?: string } }>>;
type Answers = Readonly<Record<string, { readonly description: string; readonly content?: Contents }>>;

const parameter = ({ name, in: place, schema, description }: OpenApiOperation['parameters'][number]): Row => [
  html`<code>${String(name)}</code> <span class="role">${String(place)}</span>`,
  html`<code>${form(schema as object)}</code>${typeof description === 'string' && html`<br />${description}`}`,
];

/** `integer, minimum 1, maximum 100`; patterns are for programs. */
const form = (schema: object): string =>
  Object.entries(schema)
    .filter(([word]) => word !== 'pattern')
    .map(([word, value]) => (word === 'type' ? String(value) : `${word} ${JSON.stringify(value, withoutPattern)}`))
    .join(', ');

const withoutPattern = (word: string, value: unknown): unknown => (word === 'pattern' ? undefined : value);

const answer = ([status, { description, content = {} }]: [string, Answers[string]]): Row => [
  html`<code>${status}</code> ${description}`,
  html`${Object.entries(content).map(([type, { schema }]) => html`<code>${type}</code> ${linked(schema.$ref ?? '')}`)}`,
];

const contents = (content: Contents): Html =>
  html`${Object.entries(content).map(([type, { schema }]) => html`<code>${type}</code> ${code(schema)}`)}`;

const table = (heads: Row, rows: readonly Row[]): Html =>
  html`<table>
    <thead>
      <tr>
        ${heads.map((head) => html`<th>${head}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map((cell) => html`<td>${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;

/** The id is inside, because browsers open the `details` around the target of a link. */
const shape = (name: string, schema: unknown): Html =>
  html`<details>
    <summary><code>${name}</code></summary>
    <div id="${name}">${code(schema)}</div>
  </details>`;

const code = (value: unknown): Html => html`<pre>${linked(JSON.stringify(value, null, 2))}</pre>`;

const REFERENCE = /#\/components\/schemas\/(\w+)/;

/** A text with links on its references to shapes. */
const linked = (text: string): Html =>
  html`${text.split(REFERENCE).map((part, n) => (n % 2 === 0 ? part : html`<a href="#${part}">${part}</a>`))}`;
