/**
 * Splits a byte stream into lines, without their line ends. A line longer than `maxBytes` is given out in pieces if
 * `onLong` is `split`, and is an error otherwise, so that one endless line cannot eat the memory.
 */
export async function* lines(
  chunks: AsyncIterable<Buffer>,
  maxBytes = 16 * 1024 * 1024,
  onLong: 'split' | 'throw' = 'throw',
): AsyncGenerator<string> {
  let pending: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      pending.push(chunk.subarray(start, end));
      yield text(pending);
      pending = [];
      size = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start));
      size += chunk.length - start;
    }
    if (size <= maxBytes) continue;
    if (onLong === 'throw') throw new Error(`a line of the stream is longer than ${maxBytes} bytes`);
    yield text(pending);
    pending = [];
    size = 0;
  }
  if (size > 0) yield text(pending);
}

function text(parts: Buffer[]): string {
  const line = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  const end = line.at(-1) === 13 ? line.length - 1 : line.length;
  return line.toString('utf8', 0, end);
}
