import { ExpressionError } from '../expression-error.js';
import { checkSize } from '../evaluate/runtime.js';
import { textAt, valueAt } from '../types/arguments.js';
import { parseBoolean, parseReal, parseWhole } from '../types/statics/numbers.js';
import { toPlain } from '../values/plain.js';
import { javaText } from '../values/text.js';
import { float, HostValue, type Value } from '../values/value.js';
import { decodeBase64, storedBase64, storedText, STORE_PREFIX } from './artifact-store.js';
import type { FunctionDefinition } from './function-definition.js';
import { javaJson } from './java-json.js';
import { parseJson, parseYaml } from './parse-text.js';

/** What `#doNotEval` gives: a value whose `${…}` is meant to stay. */
class NotEvaluable extends HostValue {
  readonly typeName = 'NotEvaluableExpression';
  constructor(readonly value: Value) {
    super();
  }
  text(): string {
    return javaText(this.value);
  }
  plain(): unknown {
    return toPlain(this.value);
  }
  equalTo(other: Value): boolean {
    return other === this;
  }
}

function failed(message: string): ExpressionError {
  return new ExpressionError('expression.function_failed', message);
}

function decode(text: string): string {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.replace(/=+$/, '').length % 4 === 1) {
    throw failed('the text is not base64');
  }
  return decodeBase64(text);
}

const value = (type: string, description: string) => [{ name: 'value', type, description }];

export const TEXT_FUNCTIONS: FunctionDefinition[] = [
  {
    name: 'toJson',
    description:
      'The JSON text of a value. Refuses a text that would hold an expression, unless #doNotEval is put around the value.',
    parameters: value('Object', 'Any value'),
    returns: 'String',
    example: '${#toJson(trigger.parameters)}',
    call: (args, runtime) => {
      const given = valueAt(args, 0);
      const text = javaJson(given instanceof NotEvaluable ? given.value : given);
      checkSize(runtime, text.length);
      if (!(given instanceof NotEvaluable) && text.includes('${')) {
        throw failed(
          'the JSON would hold an expression; put #doNotEval(…) around the value if that is meant',
        );
      }
      return text;
    },
  },
  {
    name: 'doNotEval',
    description: 'Marks a value whose text holds ${…} on purpose.',
    parameters: value('Object', 'A value whose ${…} stays as it is'),
    returns: 'NotEvaluableExpression',
    example: '${#toJson(#doNotEval(file_json))}',
    call: (args) => new NotEvaluable(valueAt(args, 0)),
  },
  {
    name: 'toInt',
    description: 'Reads a text as a whole number (int).',
    parameters: value('String', 'Digits, with an optional sign'),
    returns: 'Integer',
    example: "${#toInt('42')}",
    call: (args) => Number(parseWhole(valueAt(args, 0), 32)),
  },
  {
    name: 'toFloat',
    description: 'Reads a text as a number with a fraction (float).',
    parameters: value('String', 'A number'),
    returns: 'Float',
    example: "${#toFloat('7.5')}",
    call: (args) => float(parseReal(valueAt(args, 0))),
  },
  {
    name: 'toBoolean',
    description: 'True for the text "true" in any case; false for anything else, null included.',
    parameters: value('String', 'A text'),
    returns: 'Boolean',
    example: '${#toBoolean(parameters.canary)}',
    call: (args) => parseBoolean(valueAt(args, 0)),
  },
  {
    name: 'toBase64',
    description: 'Encodes a text as base64 (UTF-8).',
    parameters: value('String', 'A text'),
    returns: 'String',
    example: "${#toBase64('Yo Dawg')}",
    call: (args) => Buffer.from(textAt(args, 0), 'utf8').toString('base64'),
  },
  {
    name: 'fromBase64',
    description: 'Decodes base64, or the stored artifact that a ref:// link points to.',
    parameters: value('String', 'A base64 text or a ref:// link'),
    returns: 'String',
    example: "${#fromBase64('WW8gRGF3Zw==')}",
    call: (args, runtime) => {
      const text = textAt(args, 0);
      return text.startsWith(STORE_PREFIX) ? storedText(runtime, text) : decode(text);
    },
  },
  {
    name: 'fetchReference',
    description:
      'What the artifact store holds under a ref:// link, in base64. Any other text is given back.',
    parameters: [{ name: 'reference', type: 'String', description: "An artifact's reference" }],
    returns: 'String',
    example: '${#fetchReference(artifact.reference)}',
    call: (args, runtime) => {
      const text = textAt(args, 0);
      return text.startsWith(STORE_PREFIX) ? storedBase64(runtime, text) : text;
    },
  },
  {
    name: 'alphanumerical',
    description: 'Removes everything but letters A to Z and digits.',
    parameters: value('String', 'A text'),
    returns: 'String',
    example: "${#alphanumerical('stack-with-hyphens')}",
    call: (args) => textAt(args, 0).replace(/[^A-Za-z0-9]/g, ''),
  },
  {
    name: 'readJson',
    description: 'Reads a JSON text: a list when it begins with [, otherwise a map.',
    parameters: [{ name: 'text', type: 'String', description: 'A JSON text' }],
    returns: 'Object',
    example: '${#readJson(webhook.body).id}',
    call: (args) => parseJson(textAt(args, 0)),
  },
  {
    name: 'readYaml',
    description: 'Reads a YAML text that has exactly one document.',
    parameters: [{ name: 'text', type: 'String', description: 'A YAML text' }],
    returns: 'Object',
    example: "${#readYaml('a: 1').a}",
    call: (args) => onlyDocument(parseYaml(textAt(args, 0))),
  },
  {
    name: 'readAllYaml',
    description: 'Reads a YAML text of any number of documents into a list.',
    parameters: [{ name: 'text', type: 'String', description: 'A YAML text' }],
    returns: 'List',
    example: '${#readAllYaml(manifests)[0].kind}',
    call: (args) => parseYaml(textAt(args, 0)),
  },
];

/** @throws ExpressionError when there is not exactly one. */
export function onlyDocument(documents: Value[]): Value {
  const [only, ...more] = documents;
  if (only !== undefined && more.length === 0) return only;
  throw failed(`expected one YAML document, found ${documents.length}; use #readAllYaml`);
}
