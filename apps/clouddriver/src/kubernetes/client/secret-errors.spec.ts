import { describe, expect, it } from 'vitest';
import { KubernetesApiError } from './kubernetes-error.js';
import { keepingSecrets } from './secret-errors.js';

const secret = { kind: 'Secret', stringData: { a: 'hunter2' }, data: { b: 'aHVudGVyMw==' } };

async function said(
  message: string,
  { kind = 'Secret', body = secret }: { kind?: string; body?: unknown } = {},
): Promise<string> {
  const causes = [{ reason: 'Invalid', field: 'data', message }];
  const failing = () =>
    Promise.reject(new KubernetesApiError({ status: 422, reason: 'Invalid', message, causes }));
  const error = await keepingSecrets(kind, body, failing).catch((thrown: unknown) => thrown);
  expect((error as KubernetesApiError).causes[0]?.message).toBe((error as Error).message);
  return (error as Error).message;
}

describe('what a cluster says of a Secret that it refuses', () => {
  it('comes without the values that were sent, in either form', async () => {
    expect(await said('no: hunter2, aHVudGVyMg==, aHVudGVyMw== or hunter3')).toBe(
      'no: <redacted>, <redacted>, <redacted> or <redacted>',
    );
  });

  it('comes without what is quoted of the request', async () => {
    const quoted =
      'v1.Secret.Data: illegal base64 data, error found in #10 byte of ...|"a":"hun|..., bigger context ...|x|...';
    expect(await said(quoted)).toBe('v1.Secret.Data: illegal base64 data');
  });

  it('comes without what is quoted of the object, which holds more', async () => {
    const whole = String.raw`"" is invalid: patch: Invalid value: "{\"data\":{\"other\":\"c2VjcmV0\"},\"kind\":\"Secret\"}": illegal base64`;
    expect(await said(whole)).toBe('"" is invalid: patch: Invalid value: <redacted>: illegal base64');
    const dumped = 'Invalid value: core.Secret{Data:map[string][]uint8{"x":[]uint8{1}}}: field is immutable';
    expect(await said(dumped)).toBe('Invalid value: <redacted>: field is immutable');
    expect(await said('metadata.name: Invalid value: "A_b": must be lower case')).toContain('"A_b"');
  });

  it('comes without the values of a patch', async () => {
    const body = [{ op: 'add', path: '/data/z', value: 'no base64' }];
    expect(await said('cannot read no base64', { body })).toBe('cannot read <redacted>');
  });

  it('is left alone for other kinds', async () => {
    expect(await said('hunter2', { kind: 'ConfigMap' })).toBe('hunter2');
  });
});
