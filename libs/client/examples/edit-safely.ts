import { createGateClient, GateError } from '@gennaker/client';

/** Changes a pipeline only if nobody else has changed it since it was read; otherwise says who did. */
export async function describePipeline(
  baseUrl: string,
  pipeline: { application: string; name: string },
  description: string,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<string> {
  const gate = createGateClient({ baseUrl });
  const { data: config } = await gate.GET('/applications/{application}/pipelineConfigs/{name}', {
    params: { path: pipeline },
  });
  await meanwhile();
  try {
    await gate.POST('/pipelines', {
      params: { query: { staleCheck: true } },
      body: { ...config, description },
    });
    return 'saved';
  } catch (error) {
    if (error instanceof GateError && error.code === 'catalog.stale_write') return error.message;
    throw error;
  }
}
