const VALUES = '"values":[[';
const VALUES_END = ']]';

/** The samples of one series, as two columns. */
export interface Samples {
  /** Milliseconds since the Unix epoch. */
  times: number[];
  values: number[];
}

const SPELLED: Record<string, number> = {
  '+Inf': Infinity,
  Inf: Infinity,
  '-Inf': -Infinity,
  NaN: Number.NaN,
};

/**
 * Reads the answer to a range query. Almost all of it are samples, `[seconds,"value"]`, a hundred thousand in one analysis;
 * they are read straight into columns, and the small rest by JSON.parse, with `values` holding an index into `samples`. An
 * answer that is laid out in another way goes through JSON.parse as a whole.
 *
 * The text that marks samples cannot occur elsewhere: within a JSON string its quotes would be escaped.
 */
export function parsePrometheus(text: string): unknown {
  const columns: Samples[] = [];
  let skeleton = '';
  let at = 0;
  for (let start = text.indexOf(VALUES); start >= 0; start = text.indexOf(VALUES, at)) {
    const from = start + VALUES.length - 1;
    const end = text.indexOf(VALUES_END, from);
    const samples = end < 0 ? undefined : readSamples(text, from, end + 1);
    if (samples === undefined) return JSON.parse(text) as unknown;
    skeleton += `${text.slice(at, start)}"values":${columns.push(samples) - 1}`;
    at = end + VALUES_END.length;
  }
  const body = JSON.parse(skeleton + text.slice(at)) as unknown;
  return columns.length === 0 ? body : putColumns(body, columns);
}

const BRACKET_OPEN = 91;
const BRACKET_CLOSE = 93;
const COMMA = 44;
const QUOTE = 34;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i);

/** `[1,"2"],[3,"4"]` between the two positions; undefined when it is written in another way. */
function readSamples(text: string, from: number, end: number): Samples | undefined {
  const times: number[] = [];
  const values: number[] = [];
  for (let at = from; at < end;) {
    let comma = at + 1;
    while (comma < end && text.charCodeAt(comma) !== COMMA) comma++;
    let quote = comma + 2;
    while (quote < end && text.charCodeAt(quote) !== QUOTE) quote++;
    const asExpected =
      text.charCodeAt(at) === BRACKET_OPEN &&
      text.charCodeAt(comma + 1) === QUOTE &&
      text.charCodeAt(quote + 1) === BRACKET_CLOSE;
    if (!asExpected) return undefined;
    const seconds = readNumber(text, at + 1, comma);
    const value = readNumber(text, comma + 2, quote);
    if (Number.isNaN(seconds) || (Number.isNaN(value) && text.slice(comma + 2, quote) !== 'NaN'))
      return undefined;
    times.push(Math.trunc(seconds * 1_000));
    values.push(value);
    // Past the bracket and the comma between two samples.
    at = quote + 3;
  }
  return { times, values };
}

/**
 * The number between two positions. Digits that fit into an integer are put together here: that integer divided by a power
 * of ten up to 10^22 is the double that is nearest to the text (Clinger 1990), and no string has to be made of it.
 */
function readNumber(text: string, from: number, to: number): number {
  const negative = text.charCodeAt(from) === MINUS;
  let digits = 0;
  let point = -1;
  for (let i = negative ? from + 1 : from; i < to; i++) {
    const code = text.charCodeAt(i) - ZERO;
    if (code >= 0 && code <= 9) digits = digits * 10 + code;
    else if (code === POINT - ZERO && point < 0) point = i;
    else return spelledOut(text.slice(from, to));
  }
  const decimals = point < 0 ? 0 : to - point - 1;
  const simple =
    digits <= Number.MAX_SAFE_INTEGER && decimals < POWERS.length && to - from > (negative ? 1 : 0);
  if (!simple) return spelledOut(text.slice(from, to));
  const value = digits / POWERS[decimals]!;
  return negative ? -value : value;
}

function spelledOut(text: string): number {
  return SPELLED[text] ?? (text === '' ? Number.NaN : Number(text));
}

interface Skeleton {
  data?: { result?: { values?: unknown }[] };
}

function putColumns(body: unknown, columns: Samples[]): unknown {
  for (const series of (body as Skeleton).data?.result ?? []) {
    if (typeof series.values === 'number') series.values = columns[series.values];
  }
  return body;
}

/** The same from samples that JSON.parse has read. Undefined for what are no samples. */
export function columnsOf(values: unknown): Samples | undefined {
  if (typeof values !== 'object' || values === null) return undefined;
  if (!Array.isArray(values)) return 'times' in values ? (values as Samples) : undefined;
  const samples: Samples = { times: [], values: [] };
  for (const sample of values as unknown[]) {
    if (!Array.isArray(sample)) return undefined;
    const [seconds, text] = sample as unknown[];
    if (typeof seconds !== 'number' || typeof text !== 'string') return undefined;
    samples.times.push(Math.trunc(seconds * 1_000));
    samples.values.push(SPELLED[text] ?? Number(text));
  }
  return samples;
}
