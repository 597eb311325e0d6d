import { jsonEquals } from '@gennaker/kernel';
import { keyOf, splitKey, timestamp, type Condition, type KubeObject } from '../model/objects.js';
import type { StoreEvent } from '../store/store.js';
import { setCondition } from './conditions.js';
import type { Controller } from './engine.js';
import type { World } from './world.js';

const AUTOSCALERS = 'autoscaling/horizontalpodautoscalers';

interface Autoscaler extends KubeObject {
  spec: {
    minReplicas?: number;
    maxReplicas: number;
    scaleTargetRef: { apiVersion?: string; kind: string; name: string };
  };
  status?: { desiredReplicas?: number; lastScaleTime?: string; conditions?: Condition[] };
}

type Scalable = KubeObject & { spec: { replicas?: number }; status?: { replicas?: number } };

/** Keeps a workload's size between an autoscaler's limits. The simulation has no load, so it stays where it is. */
export class AutoscalerController implements Controller {
  readonly name = 'autoscaler controller';

  constructor(private readonly world: World) {}

  keysFor(event: StoreEvent): string[] {
    if (event.resource === AUTOSCALERS) return event.type === 'DELETED' ? [] : [keyOf(event.object)];
    const { kind, metadata } = event.object;
    return this.world.store
      .list<Autoscaler>(AUTOSCALERS, metadata.namespace)
      .filter(({ spec }) => spec.scaleTargetRef.kind === kind && spec.scaleTargetRef.name === metadata.name)
      .map(keyOf);
  }

  initialKeys(): string[] {
    return this.world.store.list(AUTOSCALERS).map(keyOf);
  }

  reconcile(key: string): number | undefined {
    const { namespace, name } = splitKey(key);
    const autoscaler = this.world.store.get<Autoscaler>(AUTOSCALERS, namespace, name);
    if (!autoscaler) return undefined;
    const { scaleTargetRef: target, minReplicas = 1, maxReplicas } = autoscaler.spec;
    const info = this.world.api.registry.byKind(target.apiVersion ?? 'apps/v1', target.kind);
    const workload = info && this.world.store.get<Scalable>(info.storage, namespace, target.name);
    if (!info || !workload) {
      this.write(autoscaler, { ...autoscaler.status, desiredReplicas: 0 }, false);
      return undefined;
    }
    const wished = workload.spec.replicas ?? 1;
    // A workload scaled to zero is switched off, and an autoscaler leaves it so.
    const desired = wished === 0 ? 0 : Math.min(Math.max(wished, minReplicas), maxReplicas);
    if (desired !== wished) {
      this.world.change<Scalable>(info.storage, workload, (live) => ({
        ...live,
        spec: { ...live.spec, replicas: desired },
      }));
      const why =
        desired > wished
          ? 'Current number of replicas below Spec.MinReplicas'
          : 'Current number of replicas above Spec.MaxReplicas';
      this.rescaled(autoscaler, `New size: ${desired}; reason: ${why}`);
    }
    this.write(
      autoscaler,
      {
        currentReplicas: workload.status?.replicas ?? 0,
        desiredReplicas: desired,
        currentMetrics: null,
        ...this.lastScale(autoscaler, desired !== wished),
      },
      true,
    );
    return undefined;
  }

  private rescaled(autoscaler: Autoscaler, message: string): void {
    this.world.events.record(autoscaler, 'Normal', 'SuccessfulRescale', message, 'horizontal-pod-autoscaler');
  }

  private lastScale(autoscaler: Autoscaler, isNow: boolean): { lastScaleTime?: string } {
    const time = isNow ? timestamp(this.world.now()) : autoscaler.status?.lastScaleTime;
    return time === undefined ? {} : { lastScaleTime: time };
  }

  private write(autoscaler: Autoscaler, status: object, found: boolean): void {
    const condition: Condition = found
      ? {
          type: 'AbleToScale',
          status: 'True',
          reason: 'ReadyForNewScale',
          message: 'recommended size matches current size',
        }
      : {
          type: 'AbleToScale',
          status: 'False',
          reason: 'FailedGetScale',
          message: 'the scale target was not found',
        };
    const conditions = setCondition(autoscaler.status?.conditions ?? [], condition, this.world.now());
    const next = { ...status, conditions };
    if (!jsonEquals(next, autoscaler.status)) this.world.setStatus(AUTOSCALERS, autoscaler, next);
  }
}
