import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonBody } from './json-guard.js';

const parse = (text: string) => parseJsonBody(Buffer.from(text));

describe('parseJsonBody', () => {
  it('reads whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        if (/__proto__|\\u(0000|d[89a-f])/i.test(text)) return;
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ['{"a": }', 'not valid JSON'],
    ['{"a": "x', 'not valid JSON'],
    ['{"a":1} x', 'not valid JSON'],
    ['', 'not valid JSON'],
    ['{"a":1,"b":{"c":1,"c":2}}', 'b.c: this key appears twice'],
    ['{"a":[{"x":1},{"x":1,"\\u0078":2}]}', 'a[1].x: this key appears twice'],
    ['{"__proto__":{"admin":true}}', '__proto__: this key is not allowed'],
    ['{"a":{"\\u005f_proto__":1}}', 'a.__proto__: this key is not allowed'],
    ['{"a":[1,1e400]}', 'a[1]: this number is too big'],
    [`{"a":${'9'.repeat(400)}}`, 'a: this number is too big'],
    ['{"a":"x\\u0000y"}', 'a: holds a NUL'],
    ['{"a":["\\ud800"]}', 'a[0]: holds a NUL or half of a surrogate pair'],
    ['['.repeat(100_000), 'nests deeper than 200 levels'],
    [`${'{"a":'.repeat(300)}1${'}'.repeat(300)}`, 'nests deeper than 200 levels'],
  ])('refuses %.40s', (text, reason) => {
    expect(() => parse(text)).toThrow(reason);
  });

  it('takes equal keys in different objects, escaped quotes, and whole surrogate pairs', () => {
    expect(parse('[{"a":"\\"}{"},{"a":"\\ud83d\\ude00\\\\"}]')).toEqual([{ a: '"}{' }, { a: '😀\\' }]);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseJsonBody(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toThrow('not valid UTF-8');
  });
});
