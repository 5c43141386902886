/** Spreadsheets run texts that begin like this as formulas, except for plain numbers such as telephone numbers. */
const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?[\d\s().-]*$/;
const QUOTED = /[",\r\n]/;

/** One cell. An apostrophe in front keeps spreadsheets from running a text as a formula. */
function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const plain = typeof value === 'string' ? value : JSON.stringify(value);
  const text = FORMULA.test(plain) && !NUMBER.test(plain) ? `'${plain}` : plain;
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line of a CSV file (RFC 4180 with LF). A single empty cell is quoted, because readers skip empty lines. */
export const csvLine = (values: readonly unknown[]): string => `${values.map(cell).join(',') || '""'}\n`;
