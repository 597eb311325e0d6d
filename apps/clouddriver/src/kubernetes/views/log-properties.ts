import { isObject, type JsonObject } from '@gennaker/kernel';

const PROPERTY = /SPINNAKER_PROPERTY_([^=\s]*)=(.*)$/;
const CONFIG = 'SPINNAKER_CONFIG_JSON=';

/**
 * The properties that a job hands on through its log: lines with `SPINNAKER_PROPERTY_KEY=value` (the key in lower case,
 * everything after the first `=` the value) and lines that begin with `SPINNAKER_CONFIG_JSON={…}`. Later lines win.
 */
export function logProperties(log: string): JsonObject {
  const properties: JsonObject = {};
  for (const line of log.split('\n')) {
    const text = line.trim();
    if (text.startsWith(CONFIG)) {
      Object.assign(properties, parsed(text.slice(CONFIG.length)));
      continue;
    }
    const match = PROPERTY.exec(text);
    if (match?.[1]) properties[match[1].toLowerCase()] = (match[2] ?? '').trim();
  }
  return properties;
}

/** A line that is cut off, or no object, tells nothing. */
function parsed(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as unknown;
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
