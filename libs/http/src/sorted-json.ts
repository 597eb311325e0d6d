/**
 * JSON text with the keys of every object in alphabetical order, as Spinnaker writes it. Behaves like `JSON.stringify`
 * otherwise. Values of dates, lists and `toJSON` are honoured; `undefined` properties are left out.
 */
export function sortedJson(value: unknown): string {
  return write(value) ?? 'null';
}

function write(value: unknown): string | undefined {
  switch (typeof value) {
    case 'object':
      return value === null ? 'null' : writeObject(value);
    case 'string':
    case 'number':
    case 'boolean':
      return JSON.stringify(value);
    default:
      return undefined;
  }
}

function writeObject(value: object): string | undefined {
  if (Array.isArray(value)) {
    let list = '[';
    for (let index = 0; index < value.length; index += 1) {
      if (index > 0) list += ',';
      list += write(value[index]) ?? 'null';
    }
    return `${list}]`;
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return write((toJSON as () => unknown).call(value));

  let text = '{';
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(value).sort()) {
    const inner = write(fields[key]);
    if (inner === undefined) continue;
    text += text.length > 1 ? `,${JSON.stringify(key)}:${inner}` : `${JSON.stringify(key)}:${inner}`;
  }
  return `${text}}`;
}
