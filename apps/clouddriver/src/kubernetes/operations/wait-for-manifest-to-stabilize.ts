import { ConflictError, type JsonObject } from '@gennaker/kernel';
import { parseFullResourceName, printKind } from '@gennaker/manifest';
import { z } from 'zod';
import { ObjectWait, type WaitEnd } from '../stability/object-wait.js';
import { baseDescription, type KubernetesOperation, type KubernetesRun } from './kubernetes-operation.js';

const PHASE = 'WAIT_FOR_MANIFEST_TO_STABILIZE';

const schema = baseDescription.extend({
  /** `{"default": ["deployment web"]}` */
  manifestNamesByNamespace: z.record(z.string(), z.array(z.string())),
});

type Description = z.output<typeof schema>;

interface Awaited {
  namespace: string;
  name: string;
}

/**
 * Waits until objects are stable, and fails as soon as one of them never will be: it failed, was paused or was deleted.
 * A read-only operation of the driver, so that whoever waits need not ask again and again.
 */
export const waitForManifestToStabilize: KubernetesOperation<Description> = {
  kind: 'waitForManifestToStabilize',
  schema,
  targets: () => [],
  check: (description) => {
    for (const names of Object.values(description.manifestNamesByNamespace))
      names.forEach(parseFullResourceName);
  },
  run: async (description, run) => {
    const objects = Object.entries(description.manifestNamesByNamespace).flatMap(([namespace, names]) =>
      names.map((name): Awaited => ({ namespace, name })),
    );
    let result: JsonObject = {};
    await run.context.step('wait', {}, async () => {
      await waitForAll(objects, run);
      result = stableResult(objects);
      return { outcome: 'done' };
    });
    return Object.keys(result).length > 0 ? result : stableResult(objects);
  },
};

function stableResult(objects: readonly Awaited[]): JsonObject {
  return {
    stableManifests: objects.map(({ namespace, name }) => ({ manifestName: name, location: namespace })),
    failedManifests: [],
    messages: [],
  };
}

/** Throws when one object will not become stable, and stops waiting for the others. */
async function waitForAll(objects: readonly Awaited[], run: KubernetesRun): Promise<void> {
  const { context } = run;
  const stopping = new AbortController();
  const signal = AbortSignal.any([context.waitSignal, stopping.signal]);
  try {
    await Promise.all(
      objects.map(async (object) => {
        const end = await waitForOne(object, run, signal);
        if (end.state !== 'stable') throw notStable(object, end, run);
        context.log(PHASE, `${object.name} is stable`);
      }),
    );
  } finally {
    stopping.abort();
  }
}

function waitForOne(
  { namespace, name }: Awaited,
  { client, context }: KubernetesRun,
  signal: AbortSignal,
): Promise<WaitEnd> {
  const parsed = parseFullResourceName(name);
  const ref = { kind: printKind(parsed.kind), name: parsed.name, namespace };
  const wait = new ObjectWait(client, ref, (reason) => {
    context.log(PHASE, `${name}: ${reason}`);
    void context.flush().catch(() => undefined);
  });
  return wait.run(signal);
}

const WORDS: Record<WaitEnd['state'], string> = {
  stable: '',
  waiting: '',
  failed: '',
  paused: 'is paused, so it will not become stable by itself. Resume it, then go on: ',
  deleted: 'was deleted meanwhile: ',
};

function notStable({ namespace, name }: Awaited, end: WaitEnd, { account }: KubernetesRun): ConflictError {
  const message = `'${name}' in '${namespace}' for account ${account.name}: ${WORDS[end.state]}${end.message ?? end.state}`;
  const failed = { manifestName: name, location: namespace };
  return new ConflictError(`kubernetes.${end.state}`, message, { details: { failedManifests: [failed] } });
}
