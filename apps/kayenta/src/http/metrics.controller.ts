import { type CanaryScope, type MetricConfig, windowOfScope } from '@gennaker/canary';
import * as routes from '@gennaker/contracts';
import { Input, Serves, whileConnected } from '@gennaker/http';
import { InvalidInputError } from '@gennaker/kernel';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Account } from '../accounts/accounts.js';
import { KayentaService } from '../kayenta.service.js';

type In<R> = routes.RouteInput<R>;

/** A search for metrics that finds more is not one. */
const MOST_METRICS = 10_000;

/** The metric stores: accounts, what they know, and single queries. */
@Controller()
export class MetricsController {
  constructor(private readonly kayenta: KayentaService) {}

  @Serves(routes.listCanaryCredentials)
  credentials() {
    return this.kayenta.accounts.all().map(shown);
  }

  @Serves(routes.listMetricsServices)
  async services(@Input() { query }: In<typeof routes.listMetricsServices>) {
    const { accounts } = this.kayenta;
    return Promise.all(
      accounts.metricStores().map(async ({ name, type, locations, recommendedLocations }) => ({
        name,
        type,
        locations,
        recommendedLocations,
        ...(query.health && { health: await accounts.healthOf(name) }),
      })),
    );
  }

  @Serves(routes.listCanaryMetrics)
  metadata(
    @Input() { query }: In<typeof routes.listCanaryMetrics>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { store } = this.kayenta.accounts.metricStore(query.metricsAccountName);
    return store.descriptors(query.filter ?? '', MOST_METRICS, whileConnected(reply));
  }

  @Serves(routes.fetchMetrics)
  async fetch(
    @Input() { params, query, body }: In<typeof routes.fetchMetrics>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { accounts, documents } = this.kayenta;
    accounts.requireKnown(query);
    const account = accounts.metricStore(query.metricsAccountName, params.type);
    if (account.type !== params.type) {
      const known = [...new Set(accounts.metricStores().map(({ type }) => type))].join(', ');
      throw new InvalidInputError('kayenta.unknown_account', [
        { path: 'type', message: `Unable to resolve account of type ${params.type}. There are: ${known}.` },
      ]);
    }
    const metric = body?.canaryMetricConfig ?? metricOf(params.type, query);
    const scope = scopeOf(query, body?.extendedScopeParams ?? {});
    const asked = { canaryConfig: body?.canaryConfig ?? {}, metric, scope };
    if (query.dryRun) return { query: account.store.buildQuery(asked) };
    const sets = await account.store.query(asked, windowOfScope(scope, 'query'), whileConnected(reply));
    return { metricSetListId: await documents.put('metricSetList', sets) };
  }
}

function shown({
  name,
  type,
  supportedTypes,
  locations,
  recommendedLocations,
}: Account): Omit<Account, 'store'> {
  return { name, type, supportedTypes, locations, recommendedLocations };
}

function metricOf(type: string, query: routes.MetricFetchQuery): MetricConfig {
  const name = query.metricSetName;
  if (name === undefined) {
    throw new InvalidInputError('kayenta.no_metric', [{ path: 'metricSetName', message: 'is required' }]);
  }
  return {
    name,
    scopeName: 'default',
    query: {
      type,
      metricName: query.metricName,
      metricType: query.metricType,
      resourceType: query.resourceType,
      groupByFields: query.groupByFields,
      labelBindings: query.labelBindings,
      crossSeriesReducer: query.crossSeriesReducer,
      perSeriesAligner: query.perSeriesAligner,
      customInlineTemplate: query.customFilter,
    },
  };
}

function scopeOf(query: routes.MetricFetchQuery, extended: Record<string, string>): CanaryScope {
  const { project, resourceType } = query;
  return {
    scope: query.scope,
    location: query.location,
    start: query.start ?? query.startTimeIso,
    end: query.end ?? query.endTimeIso,
    step: query.step,
    extendedScopeParams: {
      ...(project === undefined ? {} : { project }),
      ...(resourceType === undefined ? {} : { resourceType }),
      ...extended,
    },
  };
}
