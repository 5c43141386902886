/** Spreadsheets run what begins so; what is plainly a number, such as a telephone number, they do not. */
const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?[\d\s().-]*$/;
const QUOTED = /[",\r\n]/;

/** One cell. Text that a spreadsheet would run is made text by an apostrophe in front of it. */
function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const plain = typeof value === 'string' ? value : JSON.stringify(value);
  const text = FORMULA.test(plain) && !NUMBER.test(plain) ? `'${plain}` : plain;
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line of a CSV file (RFC 4180, but lines end as Unix has them). An empty cell alone is quoted: readers skip empty lines. */
export const csvLine = (values: readonly unknown[]): string => `${values.map(cell).join(',') || '""'}\n`;
