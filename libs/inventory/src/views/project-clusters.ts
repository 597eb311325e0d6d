import { parseName } from '@gennaker/moniker';
import type { InstanceCounts } from './instance-health.js';
import { serverGroups } from './server-groups.js';
import type { ServerGroupSummary } from './server-group.js';
import type { Queryable, VisibleAccounts } from './view-row.js';

/** One line of a project's configuration: which clusters of which applications it is about. `*` means any. */
export interface ProjectClusterFilter {
  account: string;
  stack?: string | null;
  detail?: string | null;
  /** Empty: all applications of the project. */
  applications?: readonly string[] | null;
}

export interface ProjectBuild {
  host: string | null;
  job: string | null;
  buildNumber: string;
  deployed: number | null;
  images: string[];
}

interface RegionClusters {
  region: string;
  lastPush: number | null;
  instanceCounts: InstanceCounts;
  builds: ProjectBuild[];
}

export interface ProjectCluster {
  account: string;
  stack: string | null;
  detail: string | null;
  applications: { application: string; lastPush: number | null; clusters: RegionClusters[] }[];
  instanceCounts: InstanceCounts;
}

/**
 * What a project's clusters run, by application and region. Server groups that are disabled or have no instances do not
 * count.
 */
export async function projectClusters(
  db: Queryable,
  project: { applications: readonly string[]; clusters: readonly ProjectClusterFilter[] },
  accounts?: VisibleAccounts,
): Promise<ProjectCluster[]> {
  const groups = await serverGroups(db, project.applications, { accounts });
  const live = groups.filter((group) => !group.isDisabled && group.instanceCounts.total > 0);
  return project.clusters.map((filter) => {
    const applications = filter.applications?.length ? filter.applications : project.applications;
    const matching = live.filter((group) => matches(group, filter));
    return {
      account: filter.account,
      stack: filter.stack ?? null,
      detail: filter.detail ?? null,
      applications: applications.map((application) => {
        const own = matching.filter((group) => group.moniker.app === application);
        return { application, lastPush: lastPush(own), clusters: byRegion(own) };
      }),
      instanceCounts: sum(matching.filter((group) => applications.includes(group.moniker.app ?? ''))),
    };
  });
}

function matches(group: ServerGroupSummary, filter: ProjectClusterFilter): boolean {
  if (group.account !== filter.account) return false;
  const named = parseName(group.cluster);
  const fits = (wanted: string | null | undefined, value: string | null): boolean =>
    wanted === '*' || (wanted || null) === (value || null);
  const stack = group.moniker.stack ?? named.stack;
  return fits(filter.stack, stack) && fits(filter.detail, group.moniker.detail ?? named.detail);
}

function byRegion(groups: readonly ServerGroupSummary[]): RegionClusters[] {
  return [...new Set(groups.map((group) => group.region))].sort().map((region) => {
    const own = groups.filter((group) => group.region === region);
    return { region, lastPush: lastPush(own), instanceCounts: sum(own), builds: own.map(buildOf) };
  });
}

/** Kubernetes knows images, not builds: an image stands for the build. */
function buildOf(group: ServerGroupSummary): ProjectBuild {
  const { images } = group.buildInfo;
  return { host: null, job: null, buildNumber: '0', deployed: group.createdTime, images };
}

function lastPush(groups: readonly ServerGroupSummary[]): number | null {
  const times = groups.flatMap((group) => group.createdTime ?? []);
  return times.length === 0 ? null : Math.max(...times);
}

function sum(groups: readonly ServerGroupSummary[]): InstanceCounts {
  const total: InstanceCounts = { total: 0, up: 0, down: 0, unknown: 0, outOfService: 0, starting: 0 };
  for (const { instanceCounts } of groups) {
    for (const key of Object.keys(total) as (keyof InstanceCounts)[]) total[key] += instanceCounts[key];
  }
  return total;
}
