import { z } from 'zod';

const schema = z.object({
  /** Port of the simulated API server. */
  PLAYGROUND_PORT: z.coerce.number().int().min(0).max(65_535).default(8089),
  PLAYGROUND_HOST: z.string().min(1).default('127.0.0.1'),
  /** File that keeps the cluster over a restart. Empty: the cluster is forgotten. */
  PLAYGROUND_DATA_FILE: z.string().default(''),
  /** Where to write a kubeconfig. Empty: it is printed. */
  PLAYGROUND_KUBECONFIG: z.string().default(''),
  PLAYGROUND_NODES: z.coerce.number().int().min(1).max(50).default(3),
});

export interface PlaygroundConfig {
  port: number;
  host: string;
  dataFile: string | undefined;
  kubeconfigFile: string | undefined;
  nodes: number;
}

/** Reads the configuration; throws with the name of the variable that is wrong. */
export function parsePlaygroundConfig(environment: Record<string, string | undefined>): PlaygroundConfig {
  const parsed = schema.safeParse(environment);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The playground's configuration is wrong: ${problems.join('; ')}`);
  }
  const { data } = parsed;
  return {
    port: data.PLAYGROUND_PORT,
    host: data.PLAYGROUND_HOST,
    dataFile: data.PLAYGROUND_DATA_FILE || undefined,
    kubeconfigFile: data.PLAYGROUND_KUBECONFIG || undefined,
    nodes: data.PLAYGROUND_NODES,
  };
}
