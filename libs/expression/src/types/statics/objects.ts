import { ExpressionError } from '../../expression-error.js';
import { javaText } from '../../values/text.js';
import type { Value } from '../../values/value.js';
import { longAt, restAt, textAt, valueAt } from '../arguments.js';
import { dateOf, JavaDate, SimpleDateFormat, zoneOf } from '../date/java-date.js';
import { JodaValue } from '../date/joda-value.js';
import { formatText } from '../format-text.js';
import { JavaRandom, JavaUuid, randomSeed } from '../java-objects.js';
import { ANY_NUMBER, methodTable } from '../method.js';
import { joinTexts } from '../string-methods.js';
import type { TypeDefinition, TypeValue } from './type-definition.js';

function textOf(value: Value): string {
  if (!Array.isArray(value)) return javaText(value);
  // An array of bytes (numbers) or of characters (texts).
  if (value.every((item) => typeof item === 'number')) return Buffer.from(value).toString('utf8');
  return value.map(javaText).join('');
}

export const STRING: TypeDefinition = {
  name: 'java.lang.String',
  isInstance: (value) => typeof value === 'string',
  create: { min: 0, max: 2, call: (_runtime, args) => (args.length === 0 ? '' : textOf(valueAt(args, 0))) },
  statics: methodTable<TypeValue>({
    'valueOf()': [1, (_type, args) => textOf(valueAt(args, 0))],
    copyValueOf: [1, (_type, args) => textOf(valueAt(args, 0))],
    join: [1, ANY_NUMBER, (_type, args, runtime) => joinTexts(args, runtime)],
    format: [1, ANY_NUMBER, (_type, args, runtime) => formatText(textAt(args, 0), restAt(args, 1), runtime)],
  }),
};

export const DATE: TypeDefinition = {
  name: 'java.util.Date',
  isInstance: (value) => value instanceof JavaDate,
  create: {
    min: 0,
    max: 1,
    call: (runtime, args) =>
      dateOf(args.length === 0 ? runtime.environment.now : longAt(args, 0), zoneOf(runtime)),
  },
  statics: methodTable<TypeValue>({
    from: [
      1,
      (_type, args, runtime) => {
        const value = valueAt(args, 0);
        if (value instanceof JodaValue && value.typeName === 'Instant') {
          const instant = value.inner as { toEpochMilli(): number };
          return dateOf(instant.toEpochMilli(), zoneOf(runtime));
        }
        throw new ExpressionError('expression.bad_argument', 'Date.from takes an Instant');
      },
    ],
  }),
};

export const SIMPLE_DATE_FORMAT: TypeDefinition = {
  name: 'java.text.SimpleDateFormat',
  isInstance: (value) => value instanceof SimpleDateFormat,
  create: {
    min: 0,
    max: 1,
    call: (runtime, args) =>
      new SimpleDateFormat(args.length === 0 ? 'M/d/yy, h:mm a' : textAt(args, 0), zoneOf(runtime)),
  },
  statics: methodTable<TypeValue>({}),
};

export const UUID: TypeDefinition = {
  name: 'java.util.UUID',
  isInstance: (value) => value instanceof JavaUuid,
  create: { min: 2, max: 2, call: (_runtime, args) => new JavaUuid(longAt(args, 0), longAt(args, 1)) },
  statics: methodTable<TypeValue>({
    randomUUID: [0, (_type, _args, { environment }) => JavaUuid.parse(environment.uuid())],
    fromString: [1, (_type, args) => JavaUuid.parse(textAt(args, 0))],
  }),
};

export const RANDOM: TypeDefinition = {
  name: 'java.util.Random',
  isInstance: (value) => value instanceof JavaRandom,
  create: {
    min: 0,
    max: 1,
    call: (runtime, args) =>
      new JavaRandom(args.length === 0 ? randomSeed(runtime.environment.random) : longAt(args, 0)),
  },
  statics: methodTable<TypeValue>({}),
};

/** Form encoding, as Java's `URLEncoder` does it: letters, digits and `.-*_` stay, a space becomes `+`. */
function encodeForm(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '?'))
    .replaceAll('%20', '+')
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

export const URL_ENCODER: TypeDefinition = {
  name: 'java.net.URLEncoder',
  isInstance: () => false,
  statics: methodTable<TypeValue>({
    encode: [
      1,
      2,
      (_type, args) => {
        if (args.length > 1 && !/^utf-?8$/i.test(textAt(args, 1))) {
          throw new ExpressionError('expression.bad_argument', 'only the UTF-8 encoding is available');
        }
        return encodeForm(textAt(args, 0));
      },
    ],
  }),
};
