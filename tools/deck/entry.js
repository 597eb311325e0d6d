import 'jquery';
import angular from 'angular';
import * as core from '@spinnaker/core';
import { KAYENTA_MODULE } from '@spinnaker/kayenta';

/**
 * Deck without the package of its Kubernetes views, which npm has only in a version for another core: what the core asks
 * of a provider is answered here.
 */
core.CloudProviderRegistry.registerProvider('kubernetes', {
  name: 'Kubernetes',
  skin: 'v2',
  serverGroup: { transformer: 'kubernetesServerGroups' },
  loadBalancer: { transformer: 'kubernetesLoadBalancers' },
  securityGroup: { transformer: 'kubernetesSecurityGroups', reader: 'kubernetesSecurityGroupReader' },
});
const asItIs = (method) => [
  '$q',
  function asItIs($q) {
    this[method] = (given) => $q.resolve(given);
  },
];
angular
  .module('netflix.spinnaker', [core.CORE_MODULE, KAYENTA_MODULE])
  .service('kubernetesServerGroups', asItIs('normalizeServerGroup'))
  .service('kubernetesSecurityGroups', asItIs('normalizeSecurityGroup'))
  .service('kubernetesSecurityGroupReader', function reader() {
    this.resolveIndexedSecurityGroup = (index, { account, region }, id) => index[account][region][id];
  })
  .service('kubernetesLoadBalancers', [
    '$q',
    function loadBalancers($q) {
      this.normalizeLoadBalancer = (given) => {
        const instances = given.serverGroups.flatMap((group) => group.instances);
        const instanceCounts = {};
        for (const { health } of instances) {
          const state = (health?.state ?? 'unknown').toLowerCase();
          instanceCounts[state] = (instanceCounts[state] ?? 0) + 1;
        }
        return $q.resolve(Object.assign(given, { provider: given.type, instances, instanceCounts }));
      };
    },
  ]);

// For the check, which calls Deck's services as its views do.
window.deck = core;
angular.element(document).ready(() => angular.bootstrap(document, ['netflix.spinnaker']));
