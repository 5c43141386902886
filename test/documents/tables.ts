import { ACTIVITY_TYPES, saysOf, type TypeOfActivity } from '#activity';
import { facts, factSchemas, type FactType } from '#contract';
import { type CustomerEvent, eventTypes, NAMED, personal } from '#customer';

/* Tables in documents that the code makes: each stands between `<!-- table: NAME -->` and `<!-- end -->`. */

type Row = readonly string[];

const code = (name: string): string => `\`${name}\``;
const table = (head: Row, rows: readonly Row[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const events = (): string =>
  table(
    ['type', 'says', 'sealed'],
    eventTypes.map((type) => {
      const sealed = (personal[type] ?? []).filter((field) => field !== NAMED);
      return [code(type), saysOf(type as CustomerEvent['type']), sealed.join(', ')];
    }),
  );

const factTypes = (): string => {
  const schemas = factSchemas();
  return table(
    ['type', 'says', 'data that it must have, besides `customer`'],
    Object.entries(facts).map(([type, { description }]) => {
      const { required = [] } = schemas[type as FactType] as { readonly required?: readonly string[] };
      return [
        code(type),
        description,
        required
          .filter((name) => name !== 'customer')
          .map(code)
          .join(' '),
      ];
    }),
  );
};

const activities = (): string => {
  const types = Object.entries<TypeOfActivity>(ACTIVITY_TYPES).filter(([, { is_listed = true }]) => is_listed);
  const names = (category: string): string =>
    types
      .filter(([, type]) => type.category === category)
      .map(([type]) => code(type.replace('customer.', '')))
      .join(' ');
  return table(
    ['category', 'types (after `customer.`)'],
    [
      ['`ACTION`: a person or a program did something', names('ACTION')],
      ['`EFFECT`: something followed from it', names('EFFECT')],
    ],
  );
};

const TABLES: Readonly<Record<string, () => string>> = { events, facts: factTypes, activities };

export const DOCUMENTS_WITH_TABLES = ['docs/api.md', 'docs/events.md'];

/** The text with its tables as the code makes them. Throws for a table that no code makes. */
export const withTables = (text: string): string =>
  text.replaceAll(/(<!-- table: (\w+) -->\n)[^]*?(\n<!-- end -->)/g, (_, begin: string, name: string, end: string) => {
    const make = TABLES[name];
    if (!make) throw new Error(`no table is called ${name}`);
    return `${begin}\n${make()}\n${end}`;
  });
