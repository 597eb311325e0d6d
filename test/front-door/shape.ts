/** What an answer has to look like: a type by name, a constant, a pattern, a list or an object of such. */
export type Shape =
  | 'any'
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'object'
  | 'empty'
  | { const: unknown }
  | { enum: unknown[] }
  | { pattern: string }
  | { type: 'array'; items: Shape; minItems?: number }
  | { type: 'object'; required?: Record<string, Shape>; optional?: Record<string, Shape> };

/** Where the value does not have the shape; empty when it does. */
export function misfits(value: unknown, shape: Shape, path = '$'): string[] {
  if (typeof shape === 'string')
    return hasType(value, shape) ? [] : [`${path} is not ${shape}: ${preview(value)}`];
  if ('const' in shape)
    return value === shape.const ? [] : [`${path} is not ${JSON.stringify(shape.const)}: ${preview(value)}`];
  if ('enum' in shape)
    return shape.enum.includes(value) ? [] : [`${path} is none of the values: ${preview(value)}`];
  if ('pattern' in shape) {
    return typeof value === 'string' && new RegExp(shape.pattern).test(value)
      ? []
      : [`${path} does not match ${shape.pattern}: ${preview(value)}`];
  }
  if (shape.type === 'array') {
    if (!Array.isArray(value)) return [`${path} is no list: ${preview(value)}`];
    if (value.length < (shape.minItems ?? 0)) return [`${path} is too short`];
    return value.flatMap((item, index) => misfits(item, shape.items, `${path}[${index}]`));
  }
  if (!hasType(value, 'object')) return [`${path} is no object: ${preview(value)}`];
  const fields = value as Record<string, unknown>;
  return [
    ...Object.entries(shape.required ?? {}).flatMap(([key, inner]) =>
      key in fields ? misfits(fields[key], inner, `${path}.${key}`) : [`${path}.${key} is missing`],
    ),
    ...Object.entries(shape.optional ?? {}).flatMap(([key, inner]) =>
      key in fields ? misfits(fields[key], inner, `${path}.${key}`) : [],
    ),
  ];
}

function hasType(value: unknown, type: string): boolean {
  switch (type) {
    case 'any':
      return true;
    case 'empty':
      return value === undefined;
    case 'integer':
      return Number.isInteger(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}

function preview(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 200);
}
