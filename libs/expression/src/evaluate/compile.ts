import { assertNever } from '@gennaker/kernel';
import { ExpressionError } from '../expression-error.js';
import { callFunction } from '../functions/call-function.js';
import type {
  ArrayNode,
  BinaryNode,
  ConstructNode,
  ElvisNode,
  ExpressionNode,
  LogicalNode,
  MapNode,
  TernaryNode,
} from '../syntax/tree.js';
import { construct, makeArray, typeReference } from '../types/registry.js';
import { isInstance } from '../types/instance.js';
import { JavaMap } from '../values/collection.js';
import { negate, isNumber, onInts, type ArithmeticOperator } from '../values/number.js';
import type { Value } from '../values/value.js';
import { evaluateAll, located, type Compilation, type Evaluate, type Wrap } from './closure.js';
import { compileCompound, compileStart, isStart } from './compile-access.js';
import {
  add,
  between,
  compareValues,
  condition,
  describe,
  equal,
  matches,
  multiply,
  numeric,
  subtract,
} from './operators.js';
import { step, type Runtime } from './runtime.js';

/**
 * Turns the tree of `source` into closures, once: evaluating them is several times faster than walking the tree again.
 * `wrap` sees every node's closure and may put something around it.
 */
export function compileTree(tree: ExpressionNode, source: string, wrap?: Wrap): Evaluate {
  const compilation: Compilation = {
    source,
    wrap,
    compile(node) {
      const evaluate = located(node, compile(node, compilation));
      return wrap ? wrap(node, evaluate) : evaluate;
    },
  };
  return compilation.compile(tree);
}

function compile(node: ExpressionNode, compilation: Compilation): Evaluate {
  if (isStart(node)) return compileStart(node, compilation);
  switch (node.kind) {
    case 'literal': {
      const { value } = node;
      return () => value;
    }
    case 'compound':
      return compileCompound(node, compilation);
    case 'binary':
      return compileBinary(node, compilation);
    case 'logical':
      return compileLogical(node, compilation);
    case 'unary':
      return compileUnary(node.operator, compilation.compile(node.operand));
    case 'ternary':
      return compileTernary(node, compilation);
    case 'elvis':
      return compileElvis(node, compilation);
    case 'list':
      return compileList(node.items, compilation);
    case 'map':
      return compileMap(node, compilation);
    case 'function':
      return compileFunction(node, compilation);
    case 'type': {
      const type = typeReference(node.name, node.dimensions);
      return () => type();
    }
    case 'construct':
      return compileConstruct(node, compilation);
    case 'array':
      return compileArray(node, compilation);
    default:
      return assertNever(node, 'expression node');
  }
}

function compileFunction(node: ExpressionNode & { kind: 'function' }, compilation: Compilation): Evaluate {
  const items = node.arguments.map((argument) => compilation.compile(argument));
  return (runtime) => {
    step(runtime);
    return callFunction(node.name, evaluateAll(items, runtime), runtime);
  };
}

function compileLogical(node: LogicalNode, compilation: Compilation): Evaluate {
  const left = compilation.compile(node.left);
  const right = compilation.compile(node.right);
  const name = `\`${node.operator}\``;
  return node.operator === 'or'
    ? (runtime) => condition(left(runtime), name) || condition(right(runtime), name)
    : (runtime) => condition(left(runtime), name) && condition(right(runtime), name);
}

/** Spring's Elvis also takes the fallback for an empty text. */
function compileElvis(node: ElvisNode, compilation: Compilation): Evaluate {
  const value = compilation.compile(node.value);
  const fallback = compilation.compile(node.fallback);
  return (runtime) => {
    const result = value(runtime);
    return result === null || result === '' ? fallback(runtime) : result;
  };
}

function compileConstruct(node: ConstructNode, compilation: Compilation): Evaluate {
  const items = node.arguments.map((argument) => compilation.compile(argument));
  return (runtime) => {
    step(runtime);
    return construct(node.name, evaluateAll(items, runtime), runtime);
  };
}

function compileTernary(node: TernaryNode, compilation: Compilation): Evaluate {
  const test = compilation.compile(node.condition);
  const whenTrue = compilation.compile(node.whenTrue);
  const whenFalse = compilation.compile(node.whenFalse);
  return (runtime) =>
    condition(test(runtime), 'the condition before ?') ? whenTrue(runtime) : whenFalse(runtime);
}

function compileUnary(operator: '!' | '-' | '+', operand: Evaluate): Evaluate {
  if (operator === '!') return (runtime) => !condition(operand(runtime), '`!`');
  return (runtime) => {
    const value = operand(runtime);
    if (!isNumber(value)) {
      throw new ExpressionError(
        'expression.wrong_type',
        `${operator} needs a number, found ${describe(value)}`,
      );
    }
    return operator === '-' ? negate(value) : value;
  };
}

function compileList(items: readonly ExpressionNode[], compilation: Compilation): Evaluate {
  const compiled = items.map((item) => compilation.compile(item));
  return (runtime) => evaluateAll(compiled, runtime);
}

function compileMap(node: MapNode, compilation: Compilation): Evaluate {
  const entries = node.entries.map(({ key, value }) => ({
    // A bare name is the key itself, not a property to look up.
    key: key.kind === 'property' ? () => key.name : compilation.compile(key),
    value: compilation.compile(value),
  }));
  return (runtime) =>
    JavaMap.of(entries.map(({ key, value }): [Value, Value] => [key(runtime), value(runtime)]));
}

function compileArray(node: ArrayNode, compilation: Compilation): Evaluate {
  const sizes = node.sizes.map((size) => (size ? compilation.compile(size) : undefined));
  const items = node.items ? compilation.compile(node.items) : undefined;
  return (runtime) => {
    const given = items?.(runtime);
    return makeArray(
      node.name,
      sizes.map((size) => size?.(runtime)),
      given,
      runtime,
    );
  };
}

type Apply = (runtime: Runtime, left: Value, right: Value) => Value;

const BINARY: Record<BinaryNode['operator'], Apply> = {
  '+': add,
  '-': (_runtime, left, right) => subtract(left, right),
  '*': multiply,
  '/': (_runtime, left, right) => numeric('/', left, right),
  '%': (_runtime, left, right) => numeric('%', left, right),
  '^': (_runtime, left, right) => numeric('^', left, right),
  '==': equal,
  '!=': (runtime, left, right) => !equal(runtime, left, right),
  '<': (_runtime, left, right) => compareValues(left, right) < 0,
  '<=': (_runtime, left, right) => compareValues(left, right) <= 0,
  '>': (_runtime, left, right) => compareValues(left, right) > 0,
  '>=': (_runtime, left, right) => compareValues(left, right) >= 0,
  matches,
  between: (_runtime, left, right) => between(left, right),
  instanceof: (_runtime, left, right) => isInstance(left, right),
};

function compileBinary(node: BinaryNode, compilation: Compilation): Evaluate {
  const left = compilation.compile(node.left);
  const right = compilation.compile(node.right);
  const { operator } = node;
  const apply = BINARY[operator];
  if (operator === '+' || operator === '-' || operator === '*')
    return onIntsFirst(operator, left, right, apply);
  return (runtime) => apply(runtime, left(runtime), right(runtime));
}

/** Two ints, by far the most frequent case, are computed without asking for types. */
function onIntsFirst(
  operator: ArithmeticOperator,
  left: Evaluate,
  right: Evaluate,
  otherwise: Apply,
): Evaluate {
  return (runtime) => {
    const a = left(runtime);
    const b = right(runtime);
    if (typeof a === 'number' && typeof b === 'number' && (a | 0) === a && (b | 0) === b) {
      return onInts(operator, a, b);
    }
    return otherwise(runtime, a, b);
  };
}
