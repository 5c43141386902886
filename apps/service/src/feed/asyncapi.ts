import { ACTIVITY_TYPES, activityComponents } from '#activity';
import {
  componentSchemas,
  dtoSchema,
  FactEnvelope,
  factSchemas,
  facts as factKinds,
  type FactType,
  factTypes,
  type JsonSchema,
  simpleCustomerSchema,
} from '#contract';
import { jsonSchema } from '#encoding';

interface Message {
  readonly name: string;
  readonly title?: string;
  readonly summary: string;
  readonly contentType?: string;
  readonly headers: JsonSchema;
  readonly payload?: JsonSchema;
  readonly bindings: object;
}
type Messages = Readonly<Record<string, Message>>;

interface Channel {
  readonly address: string;
  readonly description: string;
  readonly messages: Messages;
  readonly bindings: object;
}

export interface AsyncApiDocument {
  readonly asyncapi: '3.0.0';
  readonly info: object;
  readonly defaultContentType: string;
  readonly channels: Readonly<Record<string, object>>;
  readonly operations: Readonly<Record<string, object>>;
  readonly components: {
    readonly messages: Messages;
    readonly schemas: Readonly<Record<string, JsonSchema>>;
  };
}

const JSON_TYPE = 'application/json';
const DAY_MS = 86_400_000;
const text: JsonSchema = { type: 'string' };
const digits: JsonSchema = { type: 'string', pattern: '^[0-9]+$' };
const instant: JsonSchema = { type: 'string', format: 'date-time' };
const is = (value: string): JsonSchema => ({ const: value });

const keyedBy = (description: string): object => ({ kafka: { key: { type: 'string', description } } });
const BY_CUSTOMER = keyedBy("The customer's id");

/** CloudEvents 1.0, binary mode of the Kafka binding; extensions in lower case, positions as decimal text. */
const OUR_HEADERS: JsonSchema = {
  type: 'object',
  properties: {
    ce_specversion: is('1.0'),
    ce_id: { type: 'string', description: 'A repeated message has the same id' },
    ce_type: text,
    ce_source: is('/customer-ledger'),
    ce_subject: { type: 'string', description: "The customer's id" },
    ce_time: { ...instant, description: 'The business time of the event' },
    ce_streamrevision: { ...digits, description: "Number of the event in the customer's history, from 0 without gaps" },
    ce_globalposition: { ...digits, description: 'Grows through the whole history, with gaps' },
    ce_correlationid: { type: 'string', description: 'The id of the request' },
    ce_causationid: { type: 'string', description: 'The fact or event that caused this one' },
    'content-type': is(JSON_TYPE),
  },
  required: [
    ...['ce_specversion', 'ce_id', 'ce_type', 'ce_source', 'ce_subject', 'ce_time'],
    ...['ce_streamrevision', 'ce_globalposition', 'ce_correlationid', 'content-type'],
  ],
  additionalProperties: false,
};

const FACT_HEADERS: JsonSchema = {
  type: 'object',
  properties: {
    ce_specversion: is('1.0'),
    ce_id: {
      type: 'string',
      minLength: 1,
      description: 'With ce_source identifies the fact: a repetition is a duplicate',
    },
    ce_source: { type: 'string', minLength: 1 },
    ce_type: text,
    ce_time: instant,
    ce_subject: text,
    ce_sequence: {
      ...digits,
      description: 'Of two facts with the same source and time, the one with the greater number is later',
    },
    'content-type': is(JSON_TYPE),
  },
  required: ['ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_time'],
};

/** The headers of one message type: the common ones, narrowed to the type and the form of its ids. */
const headersOf = (all: 'OurHeaders' | 'FactHeaders', type: string, id?: string): JsonSchema => ({
  type: 'object',
  allOf: [
    { $ref: `#/components/schemas/${all}` },
    { properties: { ce_type: is(type), ...(id !== undefined && { ce_id: { type: 'string', pattern: id } }) } },
  ],
});
const ourHeaders = (type: string, id: string): JsonSchema => headersOf('OurHeaders', type, id);

const activities = (): Messages =>
  Object.fromEntries(
    Object.entries(ACTIVITY_TYPES).map(([type, { summary, data }]) => [
      type,
      {
        name: type,
        summary,
        contentType: JSON_TYPE,
        headers: ourHeaders(type, '^evcus_[0-9a-f]{18}$'),
        payload: data,
        bindings: BY_CUSTOMER,
      },
    ]),
  );

const customers = (): Messages => ({
  'customer.snapshot': {
    name: 'customer.snapshot',
    summary: 'The customer after the event that the headers name: the answer of GET /v1/customers/{id} without assets',
    contentType: JSON_TYPE,
    headers: ourHeaders('customer.snapshot', '^.+/[0-9]+$'),
    payload: { $ref: '#/components/schemas/Customer' },
    bindings: BY_CUSTOMER,
  },
  'customer.tombstone': {
    name: 'customer.tombstone',
    summary: 'No value: the customer is deleted, erased, or known only as a referrer so far',
    contentType: JSON_TYPE,
    headers: ourHeaders('customer.tombstone', '^.+/[0-9]+$'),
    payload: { type: 'null' },
    bindings: BY_CUSTOMER,
  },
});

const BY_SENDER = keyedBy(
  'Keeps the order: facts with the same key are handled in turn; without a key, facts of the same customer',
);

/** Facts in both modes, with the schemas that POST /v1/facts checks. */
function facts(): Messages {
  const binary = Object.entries(factSchemas()).map(([type, { description }]) => [
    `fact.${type}`,
    {
      name: type,
      summary: String(description),
      contentType: JSON_TYPE,
      headers: headersOf('FactHeaders', type),
      payload: { $ref: `#/components/schemas/${schemaName(type as FactType)}` },
      bindings: BY_SENDER,
    },
  ]);
  const structured: Message = {
    name: 'fact.structured',
    summary: 'Any of these facts as one CloudEvent in JSON; its data is the payload of the message with its type',
    contentType: 'application/cloudevents+json',
    headers: { type: 'object', properties: { 'content-type': is('application/cloudevents+json') } },
    payload: dtoSchema(FactEnvelope),
    bindings: BY_SENDER,
  };
  return { ...(Object.fromEntries(binary) as Messages), 'fact.structured': structured };
}

/** The schema of a fact type; several types share one, such as OrderFact. */
const schemaName = (type: FactType): string => factKinds[type].data.name;
const dataOfFacts = (): Readonly<Record<string, JsonSchema>> =>
  Object.fromEntries(factTypes.map((type) => [schemaName(type), dtoSchema(factKinds[type].data)]));

const deadLetters = (): Messages => ({
  'fact.refused': {
    name: 'fact.refused',
    summary: 'A refused fact: its key, value and headers as received, and the reason',
    headers: {
      type: 'object',
      properties: {
        'x-original-topic': text,
        'x-original-partition': digits,
        'x-original-offset': digits,
        'x-original-timestamp': { ...digits, description: 'Milliseconds since 1970' },
        'x-error-class': { type: 'string', maxLength: 128 },
        'x-error-message': { type: 'string', maxLength: 1_024 },
        'x-attempts': digits,
        'x-first-failed-at': instant,
        'x-consumer-group': text,
        'x-value-omitted': { ...digits, description: 'Size in bytes of a value that is too large for this topic' },
      },
      required: [
        ...['x-original-topic', 'x-original-partition', 'x-original-offset', 'x-original-timestamp'],
        ...['x-error-class', 'x-error-message', 'x-attempts', 'x-first-failed-at', 'x-consumer-group'],
      ],
    },
    bindings: keyedBy('That of the refused record'),
  },
  'fact.settled': {
    name: 'fact.settled',
    summary: 'No value: the dead letter that `x-settles` names is settled',
    headers: {
      type: 'object',
      properties: {
        'x-settles': {
          type: 'string',
          pattern: '^[0-9]+/[0-9]+$',
          description: 'Partition and offset of the dead letter',
        },
        'x-settled-as': { enum: ['retried', 'dropped'] },
      },
      required: ['x-settles', 'x-settled-as'],
    },
    payload: { type: 'null' },
    bindings: keyedBy('That of the refused record'),
  },
});

const topic = (settings: Readonly<Record<string, unknown>>): object => ({
  kafka: { topicConfiguration: settings, bindingVersion: '0.5.0' },
});

const channels = (): Readonly<Record<string, Channel>> => ({
  facts: {
    address: '{prefix}.facts',
    description: 'Facts that other services report: one a record, read by the group {prefix}-facts.',
    messages: facts(),
    bindings: topic({ 'cleanup.policy': ['delete'] }),
  },
  deadLetters: {
    address: '{prefix}.facts.dlq',
    description: 'Facts that a retry cannot fix. Later facts of the same customer are accepted, because facts commute.',
    messages: deadLetters(),
    bindings: topic({ 'cleanup.policy': ['delete'], 'retention.ms': 30 * DAY_MS }),
  },
  customerEvents: {
    address: '{prefix}.customer-events',
    description:
      'Events of customers; also GET /v1/feed/events. Per customer in order, at least once: read committed records ' +
      'only, skip a ce_streamrevision that was seen, and treat a jump by more than one as a gap.',
    messages: activities(),
    bindings: topic({ 'cleanup.policy': ['delete'] }),
  },
  customers: {
    address: '{prefix}.customers',
    description: 'Current customers; also GET /v1/feed/customers. The last record of a key is the current one.',
    messages: customers(),
    bindings: topic({ 'cleanup.policy': ['compact'] }),
  },
});

/** The channel that the service receives; it sends on all others. */
const RECEIVED = 'facts';

/** AsyncAPI 3.0 of all Kafka topics, built from the tables that also make the messages. */
export function asyncApi(): AsyncApiDocument {
  const all = Object.entries(channels());
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Customer Ledger',
      version: 'v1',
      description: 'Facts in, customers and their events out, as CloudEvents 1.0 over Kafka.',
      license: { name: 'MIT' },
    },
    defaultContentType: JSON_TYPE,
    channels: Object.fromEntries(all.map(([name, channel]) => [name, described(channel)])),
    operations: Object.fromEntries(
      all.map(([name, { messages }]) => [`${verb(name)}.${name}`, operation(name, messages)]),
    ),
    components: {
      messages: Object.assign({}, ...all.map(([, { messages }]) => messages)) as Messages,
      schemas: { ...sharedSchemas(), OurHeaders: OUR_HEADERS, ...dataOfFacts(), FactHeaders: FACT_HEADERS },
    },
  };
}

/** The schemas that the messages share; the customer is the contract's, without the assets that only an answer has. */
function sharedSchemas(): Readonly<Record<string, JsonSchema>> {
  const { Customer = {} } = componentSchemas();
  const { assets: _, ...properties } = Customer['properties'] as jsonSchema.Properties;
  return {
    ...activityComponents,
    Customer: jsonSchema.closed({ ...Customer, properties }),
    SimpleCustomer: jsonSchema.closed(simpleCustomerSchema),
  };
}

const verb = (channel: string): 'receive' | 'send' => (channel === RECEIVED ? 'receive' : 'send');

const described = ({ messages, ...channel }: Channel): object => ({
  ...channel,
  parameters: { prefix: { description: 'KAFKA_PREFIX', default: 'ledger' } },
  messages: Object.fromEntries(Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }])),
});

const operation = (channel: string, messages: Messages): object => ({
  action: verb(channel),
  channel: { $ref: `#/channels/${channel}` },
  messages: Object.keys(messages).map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` })),
});
