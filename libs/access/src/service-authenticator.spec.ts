import { describe, expect, it } from 'vitest';
import { ServiceAuthenticator } from './service-authenticator.js';

const request = (headers: Record<string, string>) => ({ headers, address: '127.0.0.1' });

describe('a service that other services call', () => {
  it('takes the user that they pass on, and nobody for anonymous', () => {
    const open = new ServiceAuthenticator(undefined);
    expect(open.signInRequired).toBe(false);
    expect(
      open.identify(request({ 'x-spinnaker-user': 'ann', 'x-spinnaker-roles': 'Dev,ops' })),
    ).toMatchObject({
      username: 'ann',
      roles: ['dev', 'ops'],
      anonymous: false,
    });
    expect(open.identify(request({}))).toMatchObject({ username: 'anonymous', anonymous: true });
  });

  it('lets nobody in without its token, whatever they say to be', () => {
    const closed = new ServiceAuthenticator('s3cret');
    expect(closed.signInRequired).toBe(true);
    const user = { 'x-spinnaker-user': 'ann' };
    expect(closed.identify(request({ ...user, authorization: 'Bearer s3cret' }))).toMatchObject({
      username: 'ann',
    });
    for (const authorization of ['Bearer other', 's3cret', 'Bearer s3cret ', '']) {
      expect(closed.identify(request({ ...user, authorization }))).toBeUndefined();
    }
    expect(closed.identify(request(user))).toBeUndefined();
  });
});
