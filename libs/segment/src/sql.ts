import type { Attribute } from './attribute.js';
import type { Clause, Condition } from './filter.js';
import { HALF_DEGREE, PLACE, PLACE_LENGTH_MAX } from './place.js';
import { type Between, type Count, type Near, numberIn, periodOf, type Test } from './test.js';
import { DATE, DAY_LENGTH, INSTANT_LENGTH, monthAfter } from './time.js';

/** A part of a statement: texts, with a value between each two of them. Values are never written into the text. */
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

/** Writes down a statement: `sql\`a = ${1}\`` keeps 1 apart, and takes in other parts. */
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
const both = (parts: readonly Sql[], word: 'and' | 'or', none: string): Sql =>
  parts.length === 0 ? raw(none) : parts.reduce((one, other) => sql`${one} ${raw(word)} ${other}`);

/** A boolean expression over a row of customers; the same truth as that of the clauses. */
export function sqlOf(clauses: readonly Clause[], junction: 'and' | 'or', now: string, dialect: Dialect): Sql {
  const writer = dialect === 'sqlite' ? sqlite : postgres;
  const parts = clauses.map(({ conditions }) => {
    const all = conditions.map((condition) => conditionSql(condition, now, writer));
    return sql`(${both(all, 'and', '1 = 1')})`;
  });
  return sql`(${both(parts, junction, '1 = 0')})`;
}

function conditionSql({ attribute, test, isNegated }: Condition, now: string, writer: Writer): Sql {
  const held = isCount(test) ? writer.count(attribute, test) : writer.holds(attribute, timely(test, now));
  return isNegated ? sql`not ${held}` : held;
}

type Timeless = Exclude<Test, Count | { kind: 'past' | 'recent' | 'soon' | 'far' | 'day' | 'month' }> | { readonly kind: 'in_month'; readonly month: string }; // prettier-ignore

const isCount = (test: Test): test is Count => test.kind.startsWith('count');

function timely(test: Exclude<Test, Count>, now: string): Timeless {
  switch (test.kind) {
    case 'month':
      return { kind: 'in_month', month: String(monthAfter(now, test.days)).padStart(2, '0') };
    case 'past':
    case 'recent':
    case 'soon':
    case 'far':
    case 'day':
      return periodOf(test, now);
    default:
      return test;
  }
}

interface Writer {
  holds(attribute: Attribute, test: Timeless): Sql;
  count(attribute: Attribute, test: Count): Sql;
}

const SIGNS = { more: '>', less: '<', at_least: '>=', at_most: '<=', count: '=', count_more: '>', count_less: '<' };

/** How a dialect speaks of one JSON value. */
interface Value {
  /** Its type. */
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
  /** A row with its `lat` and `lng`, null where it is no place. */
  readonly place: Sql;
}

function oneHolds(value: Value, test: Exclude<Timeless, { kind: 'present' }>): Sql {
  switch (test.kind) {
    case 'equal':
      return sql`(${equalSql(value, test.texts)})`;
    case 'contains':
    case 'starts':
    case 'ends':
      return sql`(${value.isText} and (${both(test.parts.map(value[test.kind]), 'or', '1 = 0')}))`;
    case 'in_month':
      return sql`(${value.isTime} and substr(${value.text}, 6, 2) = ${test.month})`;
    case 'between':
      return sql`(${value.isTime} and ${between(value, test)})`;
    case 'near':
      return nearSql(value, test);
    default:
      return sql`(${value.isNumber} and ${value.number} ${raw(SIGNS[test.kind])} ${test.number})`;
  }
}

/** Lists, because a chain of as many comparisons is deeper than SQLite takes. */
function equalSql(value: Value, texts: readonly string[]): Sql {
  const flags = texts.filter((text) => text === 'true' || text === 'false');
  const numbers = texts.map(numberIn).filter((number) => number !== undefined);
  const parts = [
    sql`${value.isText} and ${value.text} in (${listed(texts)})`,
    ...(flags.length === 0 ? [] : [sql`${value.isFlag} and ${value.flag} in (${listed(flags)})`]),
    ...(numbers.length === 0 ? [] : [sql`${value.isNumber} and ${value.number} in (${listed(numbers)})`]),
  ];
  return both(parts, 'or', '1 = 0');
}

const listed = (values: readonly (string | number)[]): Sql => ({
  texts: ['', ...values.slice(1).map(() => ', '), ''],
  values,
});

/** The arithmetic of `isWithin`. */
function nearSql({ place }: Value, { circles }: Near): Sql {
  const sin2 = (degrees: Sql): Sql => sql`power(sin((${degrees}) * ${HALF_DEGREE}), 2)`;
  const within = circles.map(
    ({ lat, lng, cos_lat, haversine }) =>
      sql`${sin2(sql`lat - ${lat}`)} + ${cos_lat} * cos(lat * ${2 * HALF_DEGREE}) * ${sin2(sql`lng - ${lng}`)} <= ${haversine}`,
  );
  return sql`exists (select 1 from (${place}) as place where abs(lat) <= 90 and abs(lng) <= 180 and (${both(within, 'or', '1 = 0')}))`;
}

/** What `instantOf` makes of a time. */
function between({ text }: Value, { from, to }: Between): Sql {
  const time = sql`case when length(${text}) = ${raw(String(DAY_LENGTH))} then 'T00:00:00' else substr(${text}, 11, 9) end`;
  const fraction = sql`substr(replace(substr(${text}, 21), 'Z', '') || '000', 1, 3)`;
  const at = sql`(case when length(${text}) = ${raw(String(INSTANT_LENGTH))} then ${text}
    else substr(${text}, 1, 10) || ${time} || '.' || ${fraction} || 'Z' end)`;
  const parts = [
    ...(from === undefined ? [] : [sql`${at} >= ${from}`]),
    ...(to === undefined ? [] : [sql`${at} < ${to}`]),
  ];
  return both(parts, 'and', '1 = 1');
}

// 1. SQLite: values are found by json_each, whose keys are compared as they are; a path would have to be quoted

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

/** Each step is taken only after the one before: what is no JSON must not be looked into. */
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

/** The object around a value. */
function sqliteParent({ path: [part, ...names] }: Attribute): Sql {
  const { column, path } = COLUMNS[part];
  return [...path, ...names.slice(0, -1)].reduce<Sql>(
    (within, name) => sql`(select value from json_each(${within}) where key = ${name} and type = 'object')`,
    raw(column),
  );
}

const lastName = ({ path }: Attribute): string => path[path.length - 1] ?? '';

const sqlite: Writer = {
  holds(attribute, test) {
    const found = sql`select 1 from json_each(${sqliteParent(attribute)}) as v where v.key = ${lastName(attribute)}`;
    if (test.kind === 'present')
      return sql`exists (${found} and v.type != 'null' and not (v.type = 'text' and v.value = '')
        and not (v.type = 'array' and json_array_length(v.value) = 0))`;
    const one = oneHolds(sqliteValue('v'), test);
    // a scalar is no JSON, so that only a list may be looked into
    const each = sql`select 1 from json_each(case when v.type = 'array' then v.value else '[]' end) as e
      where ${oneHolds(sqliteValue('e'), test)}`;
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
    // a condition is not always evaluated from left to right
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
  holds(attribute, test) {
    const found = sql`select 1 from (select ${postgresAt(attribute)} as v) as found where v is not null`;
    if (test.kind === 'present')
      return sql`exists (${found} and jsonb_typeof(v) != 'null' and v != '""'::jsonb and v != '[]'::jsonb)`;
    const one = oneHolds(postgresValue('v'), test);
    const each = sql`select 1 from jsonb_array_elements(case when jsonb_typeof(v) = 'array' then v else '[]'::jsonb end) as e
      where ${oneHolds(postgresValue('e'), test)}`;
    return attribute.type === 'any'
      ? sql`exists (${found} and (${one} or exists (${each})))`
      : sql`exists (${found} and ${one})`;
  },
  count(attribute, { kind, number }) {
    const counted = sql`select case jsonb_typeof(v) when 'array' then jsonb_array_length(v) when 'null' then 0 else 1 end
      from (select ${postgresAt(attribute)} as v) as found where v is not null`;
    // beside a count it would be taken for an integer, and be out of its range
    return sql`coalesce((${counted}), 0) ${raw(SIGNS[kind])} ${number}::float8`;
  },
};
