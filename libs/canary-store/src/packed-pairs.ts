import { type MetricSetPair, toCanaryJson } from '@gennaker/canary';
import { gunzipSync, gzipSync } from 'node:zlib';

const MARK = Buffer.from('pairs-1\n');
const HEADER_AT = MARK.length + 4;
const DOUBLE = Float64Array.BYTES_PER_ELEMENT;

/** A pair without its values, which stand as two columns behind all headers. */
type Header = Omit<MetricSetPair, 'values'> & { points: [control: number, experiment: number] };

/**
 * Measurements as bytes: what names them as compressed JSON, then every value as a little-endian double. Full doubles do not
 * compress, and spelling and reading a hundred thousand of them takes longer than judging them.
 */
export function packPairs(pairs: readonly MetricSetPair[]): Buffer {
  const headers = pairs.map(({ values, ...pair }): Header => ({
    ...pair,
    points: [values.control.length, values.experiment.length],
  }));
  const header = gzipSync(JSON.stringify(toCanaryJson(headers)), { level: 1 });
  const columns = pairs.flatMap(({ values }) => [values.control, values.experiment]);
  const doubles = new Float64Array(columns.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const column of columns) {
    doubles.set(column, at);
    at += column.length;
  }
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  return Buffer.concat([MARK, length, header, Buffer.from(doubles.buffer)]);
}

export function arePackedPairs(bytes: Buffer): boolean {
  return bytes.subarray(0, MARK.length).equals(MARK);
}

export function unpackPairs(bytes: Buffer): MetricSetPair[] {
  const valuesAt = HEADER_AT + bytes.readUInt32LE(MARK.length);
  const headers = JSON.parse(gunzipSync(bytes.subarray(HEADER_AT, valuesAt)).toString()) as Header[];
  let at = valuesAt;
  const column = (length: number): number[] => {
    const values = Array.from({ length }, (_, i) => bytes.readDoubleLE(at + i * DOUBLE));
    at += length * DOUBLE;
    return values;
  };
  return headers.map(({ points: [control, experiment], ...pair }) => ({
    ...pair,
    values: { control: column(control), experiment: column(experiment) },
  }));
}
