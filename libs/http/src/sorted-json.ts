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
      return quoted(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null';
    case 'boolean':
      return value ? 'true' : 'false';
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
  for (const key of sortedKeys(value)) {
    const inner = write(fields[key]);
    if (inner === undefined) continue;
    if (text.length > 1) text += ',';
    text += label(key);
    text += inner;
  }
  return `${text}}`;
}

/** Most objects have been written in order already, or nearly. */
function sortedKeys(value: object): string[] {
  const keys = Object.keys(value);
  for (let index = 1; index < keys.length; index += 1) {
    if (keys[index - 1]! > keys[index]!) return keys.sort();
  }
  return keys;
}

const LONGEST_PLAIN = 64;
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Short plain texts, which is what most are, need nothing but quotes; the engine's own way takes several times as long. */
function quoted(text: string): string {
  if (text.length > LONGEST_PLAIN) return JSON.stringify(text);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const plain = code >= FIRST_PRINTABLE && code <= LAST_PRINTABLE && code !== QUOTE && code !== BACKSLASH;
    if (!plain) return JSON.stringify(text);
  }
  return `"${text}"`;
}

/** Keys come from clients too, so only so many are remembered. */
const REMEMBERED_KEYS = 4_096;
const labels = new Map<string, string>();

function label(key: string): string {
  const known = labels.get(key);
  if (known !== undefined) return known;
  const made = `${JSON.stringify(key)}:`;
  if (labels.size < REMEMBERED_KEYS && key.length <= LONGEST_PLAIN) labels.set(key, made);
  return made;
}
