import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Colours only for a terminal, unless the user declines them (https://no-color.org). */
export const paint = (style: Style, text: string): string =>
  process.stdout.isTTY && !process.env['NO_COLOR'] ? styleText(style, text) : text;

/** Escapes control and bidirectional characters, because names and texts come from outside. */
export const plain = (text: string): string =>
  text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** A value in one line; an absent one is empty. */
export const shown = (value: unknown): string =>
  value === undefined ? '' : plain(typeof value === 'string' ? value : JSON.stringify(value));

/** A value in several lines, indented. */
export const pretty = (value: unknown): string => JSON.stringify(value, null, 2).split('\n').map(plain).join('\n');

/** `+4` or `-4`. */
export const signed = (number: number): string => (number > 0 ? `+${number}` : String(number));

/** An instant cut to the second; other texts pass through. */
export const second = (instant: string): string =>
  plain(instant.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.\d{3}(?:\d{6})?Z$/, '$1 $2'));

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  readonly width_max?: number;
  readonly style?: Style | ((text: string) => Style);
}

/** A table. Rows may come in parts: the first part determines the widths. */
export class Table {
  private widths: readonly number[] | undefined;

  constructor(
    private readonly columns: readonly Column[],
    private readonly say: (line: string) => void = console.log,
  ) {}

  add(rows: readonly (readonly string[])[]): void {
    if (this.widths === undefined) {
      const all = [this.columns.map(({ title }) => title), ...rows];
      this.widths = this.columns.map((_, i) => Math.max(...all.map((row) => lengthOf(this.cut(row[i] ?? '', i)))));
      this.say(
        this.line(
          this.columns.map(({ title }) => title),
          () => 'dim',
        ),
      );
    }
    for (const row of rows) this.say(this.line(row, (text, i) => this.styleOf(text, i)));
  }

  private line(row: readonly string[], styleOf: (text: string, index: number) => Style | undefined): string {
    const cells = row.slice(0, this.columns.length).map((text, i) => {
      const cut = this.cut(text, i);
      const gap = ' '.repeat(Math.max(0, (this.widths?.[i] ?? 0) - lengthOf(cut)));
      const style = styleOf(text, i);
      const painted = style === undefined ? cut : paint(style, cut);
      return this.columns[i]?.align === 'right' ? gap + painted : painted + gap;
    });
    return cells.join('  ').trimEnd();
  }

  private styleOf(text: string, index: number): Style | undefined {
    const style = this.columns[index]?.style;
    return typeof style === 'function' ? style(text) : style;
  }

  private cut(text: string, index: number): string {
    const max = this.columns[index]?.width_max ?? Infinity;
    const signs = [...text];
    return signs.length > max ? `${signs.slice(0, max - 1).join('')}…` : text;
  }
}

const lengthOf = (text: string): number => [...text].length;
