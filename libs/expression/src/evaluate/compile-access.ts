import { ExpressionError } from '../expression-error.js';
import { callFunction } from '../functions/call-function.js';
import type {
  CompoundNode,
  ExpressionNode,
  IndexNode,
  MethodNode,
  ProjectionNode,
  PropertyNode,
  SelectionNode,
  VariableNode,
} from '../syntax/tree.js';
import { callMethod } from '../types/methods.js';
import type { Value } from '../values/value.js';
import { evaluateAll, type Compilation, type Evaluate } from './closure.js';
import { indexInto } from './index-access.js';
import { nullError, readProperty } from './property-access.js';
import { step, type Runtime } from './runtime.js';
import { project, select } from './selection.js';

/** Applies one part of a chain (`.name`, `[index]`, `.call()` …) to the value before it. */
type Apply = (runtime: Runtime, target: Value) => Value;

type AccessNode = PropertyNode | IndexNode | MethodNode | SelectionNode | ProjectionNode;
type StartNode = AccessNode | VariableNode;

/** Bare words that Spinnaker rewrites into a call of the function of the same name. */
const FUNCTION_WORDS = new Set(['deployedServerGroups']);

export function isStart(node: ExpressionNode): node is StartNode {
  return isAccess(node) || node.kind === 'variable';
}

function isAccess(node: ExpressionNode): node is AccessNode {
  return (
    node.kind === 'property' ||
    node.kind === 'index' ||
    node.kind === 'method' ||
    node.kind === 'selection' ||
    node.kind === 'projection'
  );
}

/** An access without anything before it applies to the context, or to the element inside a selection. */
export function compileStart(node: StartNode, compilation: Compilation): Evaluate {
  if (node.kind === 'variable') return compileVariable(node);
  if (node.kind === 'property' && FUNCTION_WORDS.has(node.name)) {
    return (runtime) =>
      runtime.environment.execution
        ? callFunction(node.name, [], runtime)
        : readProperty(runtime, runtime.self, { node, owner: '' });
  }
  const apply = compileAccess(node, compilation, '');
  return (runtime) => apply(runtime, runtime.self);
}

function compileVariable(node: VariableNode): Evaluate {
  if (node.name === 'root') return (runtime) => runtime.root;
  if (node.name === 'this') return (runtime) => runtime.self;
  return (runtime) => {
    runtime.missing = {
      key: `#${node.name}`,
      owner: '',
      target: null,
      start: node.start,
      end: node.end,
    };
    return null;
  };
}

export function compileCompound(node: CompoundNode, compilation: Compilation): Evaluate {
  const [first, ...rest] = node.parts;
  if (!first) throw new ExpressionError('expression.syntax', 'the expression is empty');
  const start = compilation.compile(first);
  const following = rest.map((part) => compilePart(part, node, compilation));
  const [only] = following;
  if (only && following.length === 1) return (runtime) => only(runtime, start(runtime));
  return (runtime) => {
    let value = start(runtime);
    for (const apply of following) value = apply(runtime, value);
    return value;
  };
}

function compilePart(part: ExpressionNode, whole: CompoundNode, compilation: Compilation): Apply {
  const owner = withoutDot(compilation.source.slice(whole.start, part.start));
  const apply = isAccess(part)
    ? compileAccess(part, compilation, owner)
    : ignoringTarget(compilation.compile(part));
  const { start, end } = part;
  const placed: Apply = (runtime, target) => {
    try {
      return apply(runtime, target);
    } catch (error) {
      throw error instanceof ExpressionError ? error.at(start, end) : error;
    }
  };
  const { wrap } = compilation;
  if (!wrap) return placed;
  // The step that is shown covers everything up to this part: `trigger.artifacts[0]`, not `[0]`.
  const upToHere: ExpressionNode = { ...whole, end };
  return (runtime, target) => wrap(upToHere, () => placed(runtime, target))(runtime);
}

/** `trigger.artifacts[0]`, of `trigger.artifacts[0] ?.` */
function withoutDot(text: string): string {
  const trimmed = text.trimEnd();
  if (!trimmed.endsWith('.')) return trimmed;
  return trimmed.slice(0, trimmed.endsWith('?.') ? -2 : -1).trimEnd();
}

/** `a.#fn()` is legal, and the function does not see `a`. */
function ignoringTarget(evaluate: Evaluate): Apply {
  return (runtime) => evaluate(runtime);
}

function compileAccess(node: AccessNode, compilation: Compilation, owner: string): Apply {
  switch (node.kind) {
    case 'property': {
      const access = { node, owner };
      return (runtime, target) => readProperty(runtime, target, access);
    }
    case 'index':
      return compileIndex(node, compilation, owner);
    case 'method':
      return compileMethod(node, compilation, owner);
    case 'selection': {
      const criteria = compilation.compile(node.criteria);
      return (runtime, target) => select(runtime, target, node, criteria);
    }
    case 'projection': {
      const inner = compilation.compile(node.expression);
      return (runtime, target) => project(runtime, target, node, inner);
    }
  }
}

function compileIndex(node: IndexNode, compilation: Compilation, owner: string): Apply {
  const index = compilation.compile(node.index);
  const access = { node, owner };
  if (node.index.kind !== 'property') {
    return (runtime, target) => indexInto(runtime, target, index, access);
  }
  // `map[name]` reads the key `name`; `list[name]` reads at the index that the context has under `name`.
  const bare = node.index.name;
  return (runtime, target) => indexInto(runtime, target, index, access, bare);
}

function compileMethod(node: MethodNode, compilation: Compilation, owner: string): Apply {
  const items = node.arguments.map((argument) => compilation.compile(argument));
  return (runtime, target) => {
    if (target === null) {
      if (node.nullSafe) return null;
      throw nullError(runtime, `call ${node.name}() on`, owner);
    }
    step(runtime);
    return callMethod(runtime, target, node.name, evaluateAll(items, runtime));
  };
}
