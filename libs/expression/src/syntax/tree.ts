import type { Value } from '../values/value.js';

interface Placed {
  /** Offsets in the expression's text: first character, and the one after the last. */
  start: number;
  end: number;
}

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '^'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'matches'
  | 'between'
  | 'instanceof';

export type LiteralNode = Placed & { kind: 'literal'; value: Value };
export type PropertyNode = Placed & { kind: 'property'; name: string; nullSafe: boolean };
export type IndexNode = Placed & { kind: 'index'; index: ExpressionNode; nullSafe: boolean };
export type MethodNode = Placed & {
  kind: 'method';
  name: string;
  arguments: ExpressionNode[];
  nullSafe: boolean;
};
export type SelectionNode = Placed & {
  kind: 'selection';
  which: 'all' | 'first' | 'last';
  criteria: ExpressionNode;
  nullSafe: boolean;
};
export type ProjectionNode = Placed & { kind: 'projection'; expression: ExpressionNode; nullSafe: boolean };
export type FunctionNode = Placed & { kind: 'function'; name: string; arguments: ExpressionNode[] };
export type VariableNode = Placed & { kind: 'variable'; name: string };
export type TypeNode = Placed & { kind: 'type'; name: string; dimensions: number };
export type ConstructNode = Placed & { kind: 'construct'; name: string; arguments: ExpressionNode[] };
export type ArrayNode = Placed & {
  kind: 'array';
  name: string;
  sizes: (ExpressionNode | undefined)[];
  items: ExpressionNode | undefined;
};
export type ListNode = Placed & { kind: 'list'; items: ExpressionNode[] };
export type MapNode = Placed & { kind: 'map'; entries: { key: ExpressionNode; value: ExpressionNode }[] };
export type UnaryNode = Placed & { kind: 'unary'; operator: '!' | '-' | '+'; operand: ExpressionNode };
export type LogicalNode = Placed & {
  kind: 'logical';
  operator: 'and' | 'or';
  left: ExpressionNode;
  right: ExpressionNode;
};
export type BinaryNode = Placed & {
  kind: 'binary';
  operator: BinaryOperator;
  left: ExpressionNode;
  right: ExpressionNode;
};
export type TernaryNode = Placed & {
  kind: 'ternary';
  condition: ExpressionNode;
  whenTrue: ExpressionNode;
  whenFalse: ExpressionNode;
};
export type ElvisNode = Placed & { kind: 'elvis'; value: ExpressionNode; fallback: ExpressionNode };
/** `a.b[0].c()`: the first part gives a value, each further part is applied to the value before it. */
export type CompoundNode = Placed & { kind: 'compound'; parts: ExpressionNode[] };

export type ExpressionNode =
  | LiteralNode
  | PropertyNode
  | IndexNode
  | MethodNode
  | SelectionNode
  | ProjectionNode
  | FunctionNode
  | VariableNode
  | TypeNode
  | ConstructNode
  | ArrayNode
  | ListNode
  | MapNode
  | UnaryNode
  | LogicalNode
  | BinaryNode
  | TernaryNode
  | ElvisNode
  | CompoundNode;

type Children = {
  [K in ExpressionNode['kind']]?: (node: Extract<ExpressionNode, { kind: K }>) => ExpressionNode[];
};

const CHILDREN: Children = {
  index: (node) => [node.index],
  method: (node) => node.arguments,
  function: (node) => node.arguments,
  construct: (node) => node.arguments,
  selection: (node) => [node.criteria],
  projection: (node) => [node.expression],
  array: (node) => [...node.sizes, node.items].filter((child) => child !== undefined),
  list: (node) => node.items,
  map: (node) => node.entries.flatMap(({ key, value }) => [key, value]),
  unary: (node) => [node.operand],
  logical: (node) => [node.left, node.right],
  binary: (node) => [node.left, node.right],
  ternary: (node) => [node.condition, node.whenTrue, node.whenFalse],
  elvis: (node) => [node.value, node.fallback],
  compound: (node) => node.parts,
};

/** The nodes directly below `node`, in the order in which they are written. */
export function childrenOf(node: ExpressionNode): ExpressionNode[] {
  const children = CHILDREN[node.kind] as ((node: ExpressionNode) => ExpressionNode[]) | undefined;
  return children?.(node) ?? [];
}

/** Calls `visit` for `node` and everything below it, parents first. */
export function walk(node: ExpressionNode, visit: (node: ExpressionNode) => void): void {
  visit(node);
  for (const child of childrenOf(node)) walk(child, visit);
}
