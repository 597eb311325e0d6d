import type { KubeObject } from '../model/objects.js';
import { customSchema, type JsonSchema } from '../schema/custom-schema.js';
import { builtinSchema, type Schema } from '../schema/schema.js';
import type { Store } from '../store/store.js';
import { apiVersionOf, BUILTIN_RESOURCES, type ResourceInfo } from './resource-catalog.js';

export const CRDS = 'apiextensions.k8s.io/customresourcedefinitions';

export interface PrinterColumn {
  name: string;
  type: string;
  jsonPath: string;
  description?: string;
  format?: string;
  priority?: number;
}

interface CrdVersion {
  name: string;
  served: boolean;
  storage: boolean;
  schema?: { openAPIV3Schema?: JsonSchema };
  subresources?: { status?: object; scale?: ScalePaths };
  additionalPrinterColumns?: PrinterColumn[];
}

export interface ScalePaths {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath?: string;
}

export interface CustomResourceDefinition extends KubeObject {
  spec: {
    group: string;
    scope: string;
    names: {
      kind: string;
      plural: string;
      singular?: string;
      listKind?: string;
      shortNames?: string[];
      categories?: string[];
    };
    versions: CrdVersion[];
    preserveUnknownFields?: boolean;
  };
  status?: { conditions?: { type: string; status: string }[]; [field: string]: unknown };
}

/** What a custom resource has beside its `ResourceInfo`. */
export interface CustomResource {
  info: ResourceInfo;
  definition: CustomResourceDefinition;
  jsonSchema: JsonSchema | undefined;
  scale: ScalePaths | undefined;
  columns: readonly PrinterColumn[];
}

const CRD_VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

/** All resources that are served now: the built-in ones and those of established CRDs. */
export class ResourceRegistry {
  private readonly builtin = new Map<string, ResourceInfo>();
  private custom = new Map<string, CustomResource>();
  private schemas = new Map<string, Schema>();

  constructor(private readonly store: Store) {
    for (const info of BUILTIN_RESOURCES) this.builtin.set(pathKey(info), info);
    this.refresh();
    store.subscribe((event) => {
      if (event.resource === CRDS) this.refresh();
    });
  }

  find(group: string, version: string, plural: string): ResourceInfo | undefined {
    const key = pathKey({ group, version, plural });
    return this.builtin.get(key) ?? this.custom.get(key)?.info;
  }

  /** The resource of a storage name in the version in which it is stored. */
  byStorage(storage: string): ResourceInfo | undefined {
    return this.all().find((info) => info.storage === storage && info.version === info.storageVersion);
  }

  byKind(apiVersion: string, kind: string): ResourceInfo | undefined {
    return this.all().find((info) => info.kind === kind && apiVersionOf(info) === apiVersion);
  }

  customOf(info: ResourceInfo): CustomResource | undefined {
    return this.custom.get(pathKey(info));
  }

  all(): ResourceInfo[] {
    return [...this.builtin.values(), ...[...this.custom.values()].map((entry) => entry.info)];
  }

  schemaOf(info: ResourceInfo): Schema {
    const key = pathKey(info);
    const known = this.schemas.get(key);
    if (known) return known;
    const custom = this.custom.get(key);
    const schema = custom ? customSchema(custom.jsonSchema) : builtinSchema(info.schemaType ?? info.kind);
    this.schemas.set(key, schema);
    return schema;
  }

  private refresh(): void {
    this.custom = new Map();
    this.schemas = new Map();
    for (const definition of this.store.list<CustomResourceDefinition>(CRDS)) {
      const isEstablished = definition.status?.conditions?.some(
        (condition) => condition.type === 'Established' && condition.status === 'True',
      );
      if (!isEstablished) continue;
      for (const version of definition.spec.versions) {
        if (!version.served) continue;
        const entry = customResource(definition, version);
        this.custom.set(pathKey(entry.info), entry);
      }
    }
  }
}

function customResource(definition: CustomResourceDefinition, version: CrdVersion): CustomResource {
  const { group, names, scope, versions } = definition.spec;
  const subresources = version.subresources ?? {};
  return {
    definition,
    jsonSchema: version.schema?.openAPIV3Schema,
    scale: subresources.scale,
    columns: version.additionalPrinterColumns ?? [],
    info: {
      group,
      version: version.name,
      kind: names.kind,
      plural: names.plural,
      singular: names.singular ?? names.kind.toLowerCase(),
      shortNames: names.shortNames ?? [],
      categories: names.categories ?? [],
      namespaced: scope === 'Namespaced',
      subresources: [...(subresources.status ? ['status'] : []), ...(subresources.scale ? ['scale'] : [])],
      storage: `${group}/${names.plural}`,
      storageVersion: versions.find((candidate) => candidate.storage)?.name ?? version.name,
      schemaType: undefined,
      verbs: CRD_VERBS,
    },
  };
}

function pathKey(info: { group: string; version: string; plural: string }): string {
  return `${info.group}/${info.version}/${info.plural}`;
}
