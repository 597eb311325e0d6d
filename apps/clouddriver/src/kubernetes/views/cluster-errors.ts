import { AccessDeniedError, NotFoundError, UnavailableError } from '@gennaker/kernel';
import { KubernetesApiError } from '../client/kubernetes-error.js';

/**
 * What a cluster's refusal means to whoever asked us. A 401 of the cluster is about the account's credentials, never
 * about the caller's, and must not send them to a login page.
 *
 * @param what the thing that was asked for, for messages: `configMap x in account a`
 */
export async function asking<T>(account: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KubernetesApiError)) throw error;
    if (error.notFound)
      throw new NotFoundError('kubernetes.not_found', `${what} not found`, { cause: error });
    if (error.status === 403) {
      throw new AccessDeniedError(
        'kubernetes.forbidden',
        `account ${account} may not do this in its cluster: ${error.message}`,
        { cause: error },
      );
    }
    if (error.status === 401 || error.unanswered || error.status >= 500) {
      throw new UnavailableError(
        'kubernetes.unavailable',
        `the cluster of account ${account}: ${error.message}`,
        {
          cause: error,
        },
      );
    }
    throw error;
  }
}
