import { describe, expect, it } from 'vitest';
import { documentOf } from './catalog-task.js';

describe('documentOf', () => {
  it('takes an object, or the base64 of one', () => {
    expect(documentOf({ a: 1 })).toEqual({ a: 1 });
    expect(documentOf(Buffer.from('{"a":"${x}"}').toString('base64'))).toEqual({ a: '${x}' });
  });

  it.each([undefined, 7, 'not base64 of JSON', Buffer.from('[1]').toString('base64')])(
    'gives nothing for %j',
    (value) => {
      expect(documentOf(value)).toBeUndefined();
    },
  );
});
