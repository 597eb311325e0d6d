import { describe, expect, it } from 'vitest';
import { withoutSecrets, withoutSecretsIn } from './secrets.js';

describe('the headers of a webhook', () => {
  const customHeaders = { 'X-Auth': 'abc', Authorization: ['Bearer x'], 'Content-Type': 'application/json' };
  const shown = { 'X-Auth': '****', Authorization: '****', 'Content-Type': 'application/json' };

  it('are shown by name, but for those that tell nothing', () => {
    expect(withoutSecrets({ url: 'u', customHeaders })).toEqual({ url: 'u', customHeaders: shown });
    expect(withoutSecrets({ customHeaders: '${parameters.headers}' })).toEqual({
      customHeaders: '${parameters.headers}',
    });
  });

  it('are hidden in events, wherever they stand', () => {
    const event = { stages: [{ context: { customHeaders } }], patch: { customHeaders } };
    expect(withoutSecretsIn(event)).toEqual({
      stages: [{ context: { customHeaders: shown } }],
      patch: { customHeaders: shown },
    });
  });
});
