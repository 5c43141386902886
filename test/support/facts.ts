let count = 0;

/** A CloudEvent with an id of its own. */
export function fact(type: string, time: string, data: object, more: object = {}): object {
  return {
    specversion: '1.0',
    id: `fact-${++count}`,
    source: '/tests',
    type,
    time,
    datacontenttype: 'application/json',
    data,
    ...more,
  };
}
