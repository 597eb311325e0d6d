import { describeResource, type ResourceRow } from '@gennaker/inventory';
import type { JsonObject } from '@gennaker/kernel';

/** 100 Deployments of 5 ReplicaSets each, 3 pods per ReplicaSet, 100 Services. */
export function fleet(application: string): ResourceRow[] {
  const rows: ResourceRow[] = [];
  let uid = 0;
  const add = (
    kind: string,
    name: string,
    body: JsonObject,
    owner?: ResourceRow,
    labels: object = {},
  ): ResourceRow => {
    uid += 1;
    const metadata = {
      name,
      namespace: application,
      uid: `${application}-${uid}`,
      resourceVersion: String(uid),
      creationTimestamp: new Date(1_700_000_000_000 + uid * 1_000).toISOString(),
      labels,
      annotations: { 'moniker.spinnaker.io/application': application },
      ...(owner && {
        ownerReferences: [{ kind: owner.kind, name: owner.name, uid: owner.uid, controller: true }],
      }),
    };
    const apiVersion = kind === 'Service' || kind === 'Pod' ? 'v1' : 'apps/v1';
    const manifest = { apiVersion, kind, metadata, ...body };
    const context = { account: 'prod', customResources: [], onlySpinnakerManaged: false, now: 1 };
    const made = describeResource(manifest, context);
    if (made === undefined) throw new Error('left out');
    rows.push(made);
    return made;
  };
  const containers = [
    { name: 'main', image: `registry/${application}:1`, env: [{ name: 'A', value: 'x'.repeat(500) }] },
  ];
  for (let d = 0; d < 100; d += 1) {
    const labels = { app: `${application}-${d}`, tier: 'web' };
    const template = { metadata: { labels }, spec: { containers } };
    const deployment = add('Deployment', `${application}-${d}`, { spec: { replicas: 3, template } });
    add('Service', `${application}-${d}`, { spec: { selector: { app: `${application}-${d}` } } });
    for (let r = 0; r < 5; r += 1) {
      const name = `${application}-${d}-v00${r}`;
      const group = add('ReplicaSet', name, { spec: { replicas: 3, template } }, deployment);
      for (let p = 0; p < 3; p += 1) {
        const status = { phase: 'Running', containerStatuses: [{ name: 'main', ready: true }] };
        add('Pod', `${name}-${p}`, { spec: { containers }, status }, group, labels);
      }
    }
  }
  return rows;
}
