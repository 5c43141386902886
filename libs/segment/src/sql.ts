import type { Attribute } from './attribute.js';
import type { Clause, Condition } from './filter.js';
import { HALF_DEGREE, PLACE, PLACE_LENGTH_MAX } from './place.js';
import { type Between, type Count, type Near, numberIn, periodOf, type Predicate } from './condition.js';
import { DATE, DAY_LENGTH, INSTANT_LENGTH, monthAfter } from './time.js';

/** A fragment of a statement: texts with a bound value between each two. Values never enter the text. */
export interface Sql {
  readonly texts: readonly string[];
  readonly values: readonly (string | number)[];
}

export type Dialect = 'sqlite' | 'postgres';

/** The columns that hold a subject's parts: JSON text in SQLite, `jsonb` in PostgreSQL. */
const COLUMNS = {
  document: { column: 'document', path: [] },
  events: { column: 'head', path: ['events', 'names'] },
  publications: { column: 'head', path: ['publications'] },
};

/** Builds a fragment: `sql\`a = ${1}\`` binds 1 and inlines other fragments. */
function sql(texts: TemplateStringsArray, ...parts: readonly (string | number | Sql)[]): Sql {
  const all: string[] = [texts[0] ?? ''];
  const values: (string | number)[] = [];
  parts.forEach((part, at) => {
    const after = texts[at + 1] ?? '';
    if (typeof part === 'object') {
      all[all.length - 1] += part.texts[0] ?? '';
      all.push(...part.texts.slice(1));
      values.push(...part.values);
      all[all.length - 1] += after;
    } else {
      values.push(part);
      all.push(after);
    }
  });
  return { texts: all, values };
}

const raw = (text: string): Sql => ({ texts: [text], values: [] });
const joined = (parts: readonly Sql[], word: 'and' | 'or', none: string): Sql =>
  parts.length === 0 ? raw(none) : parts.reduce((one, other) => sql`${one} ${raw(word)} ${other}`);

/** A boolean expression over a row of customers, equivalent to evaluating the clauses. */
export function sqlOf(clauses: readonly Clause[], junction: 'and' | 'or', now: string, dialect: Dialect): Sql {
  const writer = dialect === 'sqlite' ? sqlite : postgres;
  const parts = clauses.map(({ conditions }) => {
    const all = conditions.map((condition) => conditionSql(condition, now, writer));
    return sql`(${joined(all, 'and', '1 = 1')})`;
  });
  return sql`(${joined(parts, junction, '1 = 0')})`;
}

function conditionSql({ attribute, predicate, isNegated }: Condition, now: string, writer: Writer): Sql {
  const held = isCount(predicate)
    ? writer.count(attribute, predicate)
    : writer.holds(attribute, timely(predicate, now));
  return isNegated ? sql`not ${held}` : held;
}

type Timeless =
  | Exclude<Predicate, Count | { kind: 'past' | 'recent' | 'soon' | 'far' | 'day' | 'month' }>
  | { readonly kind: 'in_month'; readonly month: string };

const isCount = (predicate: Predicate): predicate is Count => predicate.kind.startsWith('count');

function timely(predicate: Exclude<Predicate, Count>, now: string): Timeless {
  switch (predicate.kind) {
    case 'month':
      return { kind: 'in_month', month: String(monthAfter(now, predicate.days)).padStart(2, '0') };
    case 'past':
    case 'recent':
    case 'soon':
    case 'far':
    case 'day':
      return periodOf(predicate, now);
    default:
      return predicate;
  }
}

interface Writer {
  holds(attribute: Attribute, predicate: Timeless): Sql;
  count(attribute: Attribute, predicate: Count): Sql;
}

const SIGNS = { more: '>', less: '<', at_least: '>=', at_most: '<=', count: '=', count_more: '>', count_less: '<' };

/** The SQL of one JSON value in a dialect. */
interface Value {
  /** True for the value's own type. */
  readonly isText: Sql;
  readonly isNumber: Sql;
  readonly isFlag: Sql;
  readonly text: Sql;
  readonly number: Sql;
  /** `true` or `false`. */
  readonly flag: Sql;
  readonly contains: (text: string) => Sql;
  readonly starts: (text: string) => Sql;
  readonly ends: (text: string) => Sql;
  readonly isTime: Sql;
  /** A row of `lat` and `lng`, null when the value is not a place. */
  readonly place: Sql;
}

function oneHolds(value: Value, predicate: Exclude<Timeless, { kind: 'present' }>): Sql {
  switch (predicate.kind) {
    case 'equal':
      return sql`(${equalSql(value, predicate.texts)})`;
    case 'contains':
    case 'starts':
    case 'ends':
      return sql`(${value.isText} and (${joined(predicate.parts.map(value[predicate.kind]), 'or', '1 = 0')}))`;
    case 'in_month':
      return sql`(${value.isTime} and substr(${value.text}, 6, 2) = ${predicate.month})`;
    case 'between':
      return sql`(${value.isTime} and ${between(value, predicate)})`;
    case 'near':
      return nearSql(value, predicate);
    default:
      return sql`(${value.isNumber} and ${value.number} ${raw(SIGNS[predicate.kind])} ${predicate.number})`;
  }
}

/** Uses `in` lists, because SQLite limits the depth of a chain of comparisons. */
function equalSql(value: Value, texts: readonly string[]): Sql {
  const flags = texts.filter((text) => text === 'true' || text === 'false');
  const numbers = texts.map(numberIn).filter((number) => number !== undefined);
  const parts = [
    sql`${value.isText} and ${value.text} in (${listed(texts)})`,
    ...(flags.length === 0 ? [] : [sql`${value.isFlag} and ${value.flag} in (${listed(flags)})`]),
    ...(numbers.length === 0 ? [] : [sql`${value.isNumber} and ${value.number} in (${listed(numbers)})`]),
  ];
  return joined(parts, 'or', '1 = 0');
}

const listed = (values: readonly (string | number)[]): Sql => ({
  texts: ['', ...values.slice(1).map(() => ', '), ''],
  values,
});

/** The same arithmetic as `isWithin`. */
function nearSql({ place }: Value, { circles }: Near): Sql {
  const sin2 = (degrees: Sql): Sql => sql`power(sin((${degrees}) * ${HALF_DEGREE}), 2)`;
  const within = circles.map(
    ({ lat, lng, cos_lat, haversine }) =>
      sql`${sin2(sql`lat - ${lat}`)} + ${cos_lat} * cos(lat * ${2 * HALF_DEGREE}) * ${sin2(sql`lng - ${lng}`)} <= ${haversine}`,
  );
  return sql`exists (select 1 from (${place}) as place where abs(lat) <= 90 and abs(lng) <= 180 and (${joined(within, 'or', '1 = 0')}))`;
}

/** Normalizes the time as `instantOf` does. */
function between({ text }: Value, { from, to }: Between): Sql {
  const time = sql`case when length(${text}) = ${raw(String(DAY_LENGTH))} then 'T00:00:00' else substr(${text}, 11, 9) end`;
  const fraction = sql`substr(replace(substr(${text}, 21), 'Z', '') || '000', 1, 3)`;
  const at = sql`(case when length(${text}) = ${raw(String(INSTANT_LENGTH))} then ${text}
    else substr(${text}, 1, 10) || ${time} || '.' || ${fraction} || 'Z' end)`;
  const parts = [
    ...(from === undefined ? [] : [sql`${at} >= ${from}`]),
    ...(to === undefined ? [] : [sql`${at} < ${to}`]),
  ];
  return joined(parts, 'and', '1 = 1');
}

// 1. SQLite: json_each finds values, because it compares keys as they are; a JSON path would need quoting

const DAY = '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]';
const TIME = 'T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]';

function sqliteValue(row: string): Value {
  const text = raw(`${row}.value`);
  return {
    isText: raw(`${row}.type = 'text'`),
    isNumber: raw(`${row}.type in ('integer', 'real')`),
    isFlag: raw(`${row}.type in ('true', 'false')`),
    text,
    number: text,
    flag: raw(`${row}.type`),
    contains: (part) => sql`instr(${text}, ${part}) > 0`,
    starts: (part) => sql`substr(${text}, 1, length(${part})) = ${part}`,
    ends: (part) => sql`substr(${text}, -length(${part})) = ${part}`,
    isTime: raw(`(${row}.type = 'text' and (${row}.value glob '${DAY}' or ${row}.value glob '${DAY}${TIME}Z' or
      ${row}.value glob '${DAY}${TIME}.[0-9]*Z' and substr(${row}.value, 21) not glob '*[^0-9]*?'))`),
    place: sqlitePlace(row),
  };
}

/** Nested `case`, because JSON functions fail on text that is not JSON. */
function sqlitePlace(row: string): Sql {
  const text = `replace(${row}.value, ' ', '')`;
  const isNumber = (name: string): string => `json_type(${row}.value, '$.${name}') in ('integer', 'real')`;
  return raw(`select json_extract(pair, '$[0]') as lat, json_extract(pair, '$[1]') as lng from (select case ${row}.type
    when 'text' then case when length(${text}) <= ${PLACE_LENGTH_MAX} and ${text} not glob '*[^0-9.,-]*'
      then case when json_valid('[' || ${text} || ']')
        then case when json_array_length('[' || ${text} || ']') = 2 then '[' || ${text} || ']' end end end
    when 'object' then case when ${isNumber('lat')} and ${isNumber('lng')}
      then '[' || (${row}.value -> '$.lat') || ',' || (${row}.value -> '$.lng') || ']' end end as pair)`);
}

/** The object that contains a value. */
function sqliteParent({ path: [part, ...names] }: Attribute): Sql {
  const { column, path } = COLUMNS[part];
  return [...path, ...names.slice(0, -1)].reduce<Sql>(
    (within, name) => sql`(select value from json_each(${within}) where key = ${name} and type = 'object')`,
    raw(column),
  );
}

const lastName = ({ path }: Attribute): string => path[path.length - 1] ?? '';

const sqlite: Writer = {
  holds(attribute, predicate) {
    const found = sql`select 1 from json_each(${sqliteParent(attribute)}) as v where v.key = ${lastName(attribute)}`;
    if (predicate.kind === 'present')
      return sql`exists (${found} and v.type != 'null' and not (v.type = 'text' and v.value = '')
        and not (v.type = 'array' and json_array_length(v.value) = 0))`;
    const one = oneHolds(sqliteValue('v'), predicate);
    // a scalar is not JSON, so json_each only gets lists
    const each = sql`select 1 from json_each(case when v.type = 'array' then v.value else '[]' end) as e
      where ${oneHolds(sqliteValue('e'), predicate)}`;
    return attribute.type === 'any'
      ? sql`exists (${found} and (${one} or exists (${each})))`
      : sql`exists (${found} and ${one})`;
  },
  count(attribute, { kind, number }) {
    const counted = sql`select case v.type when 'array' then json_array_length(v.value) when 'null' then 0 else 1 end
      from json_each(${sqliteParent(attribute)}) as v where v.key = ${lastName(attribute)}`;
    return sql`coalesce((${counted}), 0) ${raw(SIGNS[kind])} ${number}`;
  },
};

// 2. PostgreSQL

function postgresValue(name: string): Value {
  const text = raw(`((${name} #>> '{}') collate "C")`);
  const type = (word: string): Sql => raw(`jsonb_typeof(${name}) = '${word}'`);
  return {
    isText: type('string'),
    isNumber: type('number'),
    isFlag: type('boolean'),
    text,
    // PostgreSQL does not always evaluate a condition from left to right
    number: raw(`(case when jsonb_typeof(${name}) = 'number' then (${name} #>> '{}')::float8 end)`),
    flag: text,
    contains: (part) => sql`strpos(${text}, ${part}) > 0`,
    starts: (part) => sql`starts_with(${text}, ${part})`,
    ends: (part) => sql`right(${text}, length(${part}::text)) = ${part}`,
    place: postgresPlace(name),
    isTime: raw(`(jsonb_typeof(${name}) = 'string' and (${name} #>> '{}') ~ '${DATE}')`),
  };
}

function postgresPlace(name: string): Sql {
  const text = `replace(${name} #>> '{}', ' ', '')`;
  const coordinate = (member: string, part: number): string => `case jsonb_typeof(${name})
    when 'string' then case when length(${text}) <= ${PLACE_LENGTH_MAX} and ${text} ~ '${PLACE}' then split_part(${text}, ',', ${part})::float8 end
    when 'object' then case when jsonb_typeof(${name} -> '${member}') = 'number' then (${name} ->> '${member}')::float8 end end`;
  return raw(`select ${coordinate('lat', 1)} as lat, ${coordinate('lng', 2)} as lng`);
}

function postgresAt({ path: [part, ...names] }: Attribute): Sql {
  const { column, path } = COLUMNS[part];
  return [...path, ...names].reduce<Sql>((within, name) => sql`${within} -> ${name}::text`, raw(column));
}

const postgres: Writer = {
  holds(attribute, predicate) {
    const found = sql`select 1 from (select ${postgresAt(attribute)} as v) as found where v is not null`;
    if (predicate.kind === 'present')
      return sql`exists (${found} and jsonb_typeof(v) != 'null' and v != '""'::jsonb and v != '[]'::jsonb)`;
    const one = oneHolds(postgresValue('v'), predicate);
    const each = sql`select 1 from jsonb_array_elements(case when jsonb_typeof(v) = 'array' then v else '[]'::jsonb end) as e
      where ${oneHolds(postgresValue('e'), predicate)}`;
    return attribute.type === 'any'
      ? sql`exists (${found} and (${one} or exists (${each})))`
      : sql`exists (${found} and ${one})`;
  },
  count(attribute, { kind, number }) {
    const counted = sql`select case jsonb_typeof(v) when 'array' then jsonb_array_length(v) when 'null' then 0 else 1 end
      from (select ${postgresAt(attribute)} as v) as found where v is not null`;
    // without the cast PostgreSQL infers an integer, which is out of range
    return sql`coalesce((${counted}), 0) ${raw(SIGNS[kind])} ${number}::float8`;
  },
};
