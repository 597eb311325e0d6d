import { collectionPath, deleteBody, refOf, sending, writeQuery } from './api-requests.js';
import type {
  ApplyOptions,
  DeleteOptions,
  KubernetesObject,
  ListOptions,
  ObjectRef,
  PatchType,
  WriteOptions,
} from './kubernetes-client.types.js';
import { KubernetesReader } from './kubernetes-reader.js';
import { keepingSecrets } from './secret-errors.js';

export type { KubernetesClientOptions } from './kubernetes-reader.js';

const PATCH_TYPES: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

/**
 * A client for every kind of one cluster, the ones we have never heard of included. A kind is named as people name it
 * (`Deployment`, `deploy`, `rollouts.argoproj.io`), with or without an apiVersion; discovery tells where it lives.
 *
 * Every method throws `KubernetesApiError`, and nothing else but the reason of an aborted signal. Reads are repeated
 * with back-off when the server is away for a moment; writes only when they certainly did not happen.
 */
export class KubernetesClient extends KubernetesReader {
  /** Creates. With `metadata.generateName` instead of a name the answer has the name. */
  async create<T extends KubernetesObject>(object: T, options: WriteOptions = {}): Promise<T> {
    const resource = await this.resource(object.kind, object.apiVersion, options.signal);
    const namespace = resource.namespaced
      ? (object.metadata?.namespace ?? options.namespace ?? this.defaultNamespace)
      : undefined;
    const collection = collectionPath(resource, namespace);
    const path =
      options.subresource === undefined
        ? collection
        : `${collection}/${encodeURIComponent(object.metadata?.name ?? '')}/${options.subresource}`;
    return keepingSecrets(object.kind, object, () =>
      this.json<T>({
        method: 'POST',
        path,
        query: writeQuery(options),
        body: object,
        ...sending(options),
      }),
    );
  }

  /** PUT of the whole object. With a `metadata.resourceVersion` it fails with `conflict` if somebody was there first. */
  async replace<T extends KubernetesObject>(object: T, options: WriteOptions = {}): Promise<T> {
    const path = await this.objectPath(refOf(object, options.namespace), options);
    const idempotent = object.metadata?.resourceVersion !== undefined;
    return keepingSecrets(object.kind, object, () =>
      this.json<T>({
        method: 'PUT',
        path,
        query: writeQuery(options),
        body: object,
        idempotent,
        ...sending(options),
      }),
    );
  }

  async patch<T extends KubernetesObject = KubernetesObject>(
    ref: ObjectRef,
    body: unknown,
    options: WriteOptions & { type: PatchType },
  ): Promise<T> {
    const path = await this.objectPath(ref, options);
    return keepingSecrets(ref.kind, body, () =>
      this.json<T>({
        method: 'PATCH',
        path,
        query: writeQuery(options),
        body,
        contentType: PATCH_TYPES[options.type],
        ...sending(options),
      }),
    );
  }

  /**
   * Server-side apply: makes the fields of `object` so, and owns them. Throws `conflict` with one cause per field that
   * another manager owns, unless `force`.
   */
  async apply<T extends KubernetesObject>(object: T, options: ApplyOptions): Promise<T> {
    const path = await this.objectPath(refOf(object, options.namespace), options);
    const { managedFields: _managed, ...metadata } = object.metadata ?? {};
    return keepingSecrets(object.kind, object, () =>
      this.json<T>({
        method: 'PATCH',
        path,
        query: { ...writeQuery(options), force: options.force ?? false },
        body: { ...object, metadata },
        contentType: 'application/apply-patch+yaml',
        idempotent: true,
        ...sending(options),
      }),
    );
  }

  /**
   * Deletes. Answers with the object when it lives on under a finalizer or grace period, and with undefined when it is
   * gone.
   */
  async delete(ref: ObjectRef, options: DeleteOptions = {}): Promise<KubernetesObject | undefined> {
    const path = await this.objectPath(ref, options);
    const answer = await this.json<KubernetesObject>({
      method: 'DELETE',
      path,
      body: deleteBody(options),
      idempotent: options.preconditions?.uid !== undefined,
      ...sending(options),
    });
    return answer.kind === 'Status' ? undefined : answer;
  }

  /** Deletes all objects of a kind in a namespace that the selectors match. */
  async deleteCollection(
    kind: string,
    options: DeleteOptions &
      Pick<ListOptions, 'apiVersion' | 'namespace' | 'labelSelector' | 'fieldSelector'>,
  ): Promise<void> {
    const resource = await this.resource(kind, options.apiVersion, options.signal);
    const namespace = resource.namespaced ? (options.namespace ?? this.defaultNamespace) : undefined;
    await this.transport.send({
      method: 'DELETE',
      path: collectionPath(resource, namespace),
      query: { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector },
      body: deleteBody(options),
      ...sending(options),
    });
  }
}
