/** Formats numbers, amounts and days for the reader's locale, a BCP 47 tag. */
export class Figures {
  private readonly whole: Intl.NumberFormat;
  private readonly decimal: Intl.NumberFormat;
  private readonly days: Intl.DateTimeFormat;

  constructor(readonly locale: string) {
    this.whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
    this.decimal = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    this.days = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });
  }

  count(value: number): string {
    return this.whole.format(value);
  }

  /** Minor units as a decimal, without a currency, which the ledger does not know. */
  amount(minor: number): string {
    return this.decimal.format(minor / 100);
  }

  /** The day in UTC; a text that is not an instant stays as it is. */
  day(instant: string): string {
    const time = Date.parse(instant);
    return Number.isNaN(time) ? instant : this.days.format(time);
  }
}

const DEFAULT_LOCALE = 'en-GB';
const LANGUAGES_MAX = 10;

/** Figures in the browser's preferred language that Node supports. */
export function figuresFor(acceptLanguage: string | undefined): Figures {
  const liked = (acceptLanguage ?? '')
    .split(',', LANGUAGES_MAX)
    .map((entry) => {
      const [tag = '', quality = ''] = entry.trim().split(';');
      return { tag, quality: Number(/^\s*q=([\d.]+)$/.exec(quality)?.[1] ?? 1) };
    })
    .filter(({ tag, quality }) => quality > 0 && isWritten(tag))
    .sort((a, b) => b.quality - a.quality);
  return new Figures(liked[0]?.tag ?? DEFAULT_LOCALE);
}

function isWritten(tag: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0;
  } catch {
    // not a language tag
    return false;
  }
}
