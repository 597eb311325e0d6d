export type Punctuation =
  | '('
  | ')'
  | '['
  | ']'
  | '{'
  | '}'
  | ','
  | ':'
  | '.'
  | '#'
  | '@'
  | '?.'
  | '?:'
  | '?['
  | '^['
  | '$['
  | '!['
  | '?'
  | '!'
  | '='
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '+'
  | '++'
  | '-'
  | '--'
  | '*'
  | '/'
  | '%'
  | '^'
  | '&&'
  | '||'
  | '&';

/** `text` of a string is its value; of a number its digits as written. `start` and `end` are offsets in the expression. */
export type Token =
  | { kind: 'name'; text: string; start: number; end: number }
  | { kind: 'string'; text: string; start: number; end: number }
  | { kind: 'number'; text: string; form: NumberForm; start: number; end: number }
  | { kind: 'punctuation'; text: Punctuation; start: number; end: number; word?: string }
  | { kind: 'end'; text: ''; start: number; end: number };

export type NumberForm = 'int' | 'long' | 'hexInt' | 'hexLong' | 'float' | 'double';
