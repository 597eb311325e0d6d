import { createGateClient, itemsOf } from '@gennaker/client';

/** The names of all pipelines of an installation, a page at a time. */
export async function listPipelines(baseUrl: string, pageSize: number): Promise<string[]> {
  const gate = createGateClient({ baseUrl });
  const pipelines = itemsOf((cursor) =>
    gate.GET('/pipelineConfigs', { params: { query: { limit: pageSize, cursor } } }),
  );
  const names: string[] = [];
  for await (const { application, name } of pipelines) names.push(`${application}/${name}`);
  return names;
}
