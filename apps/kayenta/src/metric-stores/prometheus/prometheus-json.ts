import { numberEnd, readDecimal } from './decimal.js';

const VALUES = Buffer.from('"values":[[');

/** The samples of one series, as two columns. */
export interface Samples {
  /** Milliseconds since the Unix epoch. */
  times: Float64Array;
  values: Float64Array;
}

const SPELLED: Record<string, number> = {
  '+Inf': Infinity,
  Inf: Infinity,
  '-Inf': -Infinity,
  NaN: Number.NaN,
};

/**
 * Reads the answer to a range query. Almost all of it are samples, `[seconds,"value"]`, a hundred thousand in one analysis;
 * they are read from the bytes straight into columns, and the small rest by JSON.parse, with `values` holding an index into
 * what was read. An answer that is laid out in another way goes through JSON.parse as a whole.
 *
 * The text that marks samples cannot occur elsewhere: within a JSON string its quotes would be escaped.
 */
export function parsePrometheus(bytes: Buffer): unknown {
  const read: Samples[] = [];
  let skeleton = '';
  let at = 0;
  for (let start = bytes.indexOf(VALUES); start >= 0; start = bytes.indexOf(VALUES, at)) {
    const samples = readSamples(bytes, start + VALUES.length - 1);
    if (samples === undefined) return JSON.parse(bytes.toString()) as unknown;
    skeleton += `${bytes.toString('utf8', at, start)}"values":${read.push(samples) - 1}`;
    at = stopped;
  }
  const body = JSON.parse(skeleton + bytes.toString('utf8', at)) as unknown;
  return read.length === 0 ? body : putColumns(body, read);
}

const BRACKET_OPEN = 91;
const BRACKET_CLOSE = 93;
const COMMA = 44;
const QUOTE = 34;

/**
 * `[1,"2"],[3,"4"]]` from a position on; `stopped` is behind the last bracket afterwards. Undefined when it is written in
 * another way.
 */
function readSamples(bytes: Buffer, from: number): Samples | undefined {
  let count = 0;
  for (let at = from; ; at = stopped + 3) {
    if (count === columns.times.length) grow();
    if (bytes[at] !== BRACKET_OPEN) return undefined;
    const seconds = readNumber(bytes, at + 1, COMMA);
    const comma = stopped;
    if (bytes[comma + 1] !== QUOTE) return undefined;
    const value = readNumber(bytes, comma + 2, QUOTE);
    if (bytes[stopped + 1] !== BRACKET_CLOSE) return undefined;
    if (Number.isNaN(seconds)) return undefined;
    if (Number.isNaN(value) && bytes.toString('latin1', comma + 2, stopped) !== 'NaN') return undefined;
    columns.times[count] = Math.trunc(seconds * 1_000);
    columns.values[count] = value;
    count++;
    const next = bytes[stopped + 2];
    if (next === BRACKET_CLOSE) break;
    if (next !== COMMA) return undefined;
  }
  stopped += 3;
  return { times: columns.times.slice(0, count), values: columns.values.slice(0, count) };
}

/** Reused by every reading, which ends before another begins: what is read is copied out at its size. */
const columns = { times: new Float64Array(2_048), values: new Float64Array(2_048) };

function grow(): void {
  for (const name of ['times', 'values'] as const) {
    const larger = new Float64Array(2 * columns[name].length);
    larger.set(columns[name]);
    columns[name] = larger;
  }
}

/** Behind what was read last. */
let stopped = 0;

/** The number from a position up to a certain byte, whose position `stopped` tells afterwards. */
function readNumber(bytes: Buffer, from: number, stop: number): number {
  const value = readDecimal(bytes, from, stop);
  stopped = numberEnd();
  return value ?? spelledOut(bytes.toString('latin1', from, stopped));
}

function spelledOut(text: string): number {
  return SPELLED[text] ?? (text === '' ? Number.NaN : Number(text));
}

interface Skeleton {
  data?: { result?: { values?: unknown }[] };
}

function putColumns(body: unknown, read: Samples[]): unknown {
  for (const series of (body as Skeleton).data?.result ?? []) {
    if (typeof series.values === 'number') series.values = read[series.values];
  }
  return body;
}

/** The same from samples that JSON.parse has read. Undefined for what are no samples. */
export function columnsOf(values: unknown): Samples | undefined {
  if (typeof values !== 'object' || values === null) return undefined;
  if (!Array.isArray(values)) return 'times' in values ? (values as Samples) : undefined;
  const samples = { times: new Float64Array(values.length), values: new Float64Array(values.length) };
  for (const [i, sample] of (values as unknown[]).entries()) {
    if (!Array.isArray(sample)) return undefined;
    const [seconds, text] = sample as unknown[];
    if (typeof seconds !== 'number' || typeof text !== 'string') return undefined;
    samples.times[i] = Math.trunc(seconds * 1_000);
    samples.values[i] = SPELLED[text] ?? Number(text);
  }
  return samples;
}
