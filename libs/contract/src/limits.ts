/** Every bound at the border, in one place. Lengths count characters (code points), as JSON Schema does. */
export const limits = {
  /** A request body; also the size of a batch of facts. */
  body_bytes_max: 10_485_760,
  /** A batch; bounds the answer to an invalid one, and the time it delays others. */
  facts_max: 20_000,
  /** Ids of customers, orders, redemptions, ...; CloudEvents `id` and `source`. */
  id_length_max: 255,
  /** Digits of the CloudEvents extension `sequence`. */
  sequence_length_max: 30,
  /** name, email, phone, address lines, codes. */
  text_length_max: 255,
  /** description, reasons, failure messages, strings inside metadata. */
  long_text_length_max: 10_000,
  event_name_length_max: 300,
  metadata_depth_max: 5,
  metadata_values_max: 1_000,
  metadata_key_length_max: 255,
  /** The longest key of metadata, campaign, consent or event, with its surrounding attribute name. */
  filter_key_length_max: 400,
  order_items_max: 500,
  /** Orders of one import. */
  orders_max: 2_000,
  /** Values inside all items of one order, or all redeemables of one validation. */
  list_values_max: 20_000,
  redeemables_max: 100,
  consents_max: 500,
  static_segment_customers_max: 20_000,
  /** Auto-update and passive ones together; as many static ones. */
  segments_max: 100,
  validation_rules_max: 500,
  page_size_max: 100,
  page_size_default: 10,
  page_max: 99,
  history_page_size_max: 1_000,
  history_page_size_default: 100,
  /** A source and an id with a space between them. */
  origin_length_max: 511,
  /** Errors of rows in the result of an asynchronous action; the report has all of them. */
  row_errors_max: 1_000,
  /** Definitions of one metadata schema. */
  metadata_definitions_max: 100,
  /** Columns of a CSV file. */
  csv_columns_max: 200,
  url_length_max: 2_048,
  webhooks_max: 100,
  webhook_events_max: 100,
  secret_length_min: 16,
  /** Problems spelled out in the details of one error. */
  problems_max: 10,
} as const;
