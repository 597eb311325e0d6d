import { createGateClient, follow, type Schemas } from '@gennaker/client';

/** Saves a pipeline, starts it, and prints every step of it until it has ended. */
export async function deployAndFollow(
  baseUrl: string,
  print: (line: string) => void,
): Promise<Schemas['ExecutionStatus']> {
  const gate = createGateClient({ baseUrl, headers: { 'X-SPINNAKER-REASON': 'An example' } });
  await gate.POST('/pipelines', {
    body: {
      application: 'examples',
      name: 'Deploy',
      stages: [{ type: 'wait', name: 'Wait', refId: '1', requisiteStageRefIds: [], waitTime: 0 }],
    },
  });
  const { data: started } = await gate.POST('/pipelines/{application}/{nameOrId}', {
    params: { path: { application: 'examples', nameOrId: 'Deploy' } },
    body: { type: 'manual', parameters: { version: '1.2.3' } },
  });
  const id = started?.ref.split('/').at(-1) ?? '';
  // The stream begins with the execution as it is, and goes on with every event.
  for await (const { event, data } of follow({ baseUrl }, `/pipelines/${id}/live`)) {
    const { type, endTime } = data as { type: string; endTime?: number };
    print(event === 'state' ? 'state' : type);
    if (type === 'ExecutionCompleted' || endTime !== undefined) break;
  }
  const { data: execution } = await gate.GET('/pipelines/{id}', { params: { path: { id } } });
  return execution?.status ?? 'NOT_STARTED';
}
