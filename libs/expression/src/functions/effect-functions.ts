import { effectResult } from '../evaluate/effect-result.js';
import type { Runtime } from '../evaluate/runtime.js';
import { ExpressionError } from '../expression-error.js';
import { textAt } from '../types/arguments.js';
import type { Value } from '../values/value.js';
import type { FunctionDefinition } from './function-definition.js';
import { parseJson, parseProperties, parseYaml } from './parse-text.js';
import { onlyDocument } from './text-functions.js';
import { urlProblem } from './url-rules.js';

function failed(message: string): ExpressionError {
  return new ExpressionError('expression.function_failed', message);
}

function fetched(args: readonly Value[], runtime: Runtime): string {
  const url = textAt(args, 0);
  const problem = urlProblem(url, { allowInternalHosts: runtime.environment.allowInternalHosts });
  if (problem) throw failed(problem);
  return String(effectResult(runtime, 'fromUrl', [url]));
}

const URL_PARAMETER = [{ name: 'url', type: 'String', description: 'An http or https address' }];

function applicationOf(runtime: Runtime): string {
  const application = runtime.environment.execution?.application;
  if (application === undefined) throw failed('there is no execution, so no application to look in');
  return application;
}

function foundId(runtime: Runtime, name: string, application: string): Value {
  const id = effectResult(runtime, 'pipelineId', [name, application]);
  if (id === null) throw failed(`there is no pipeline \`${name}\` in the application ${application}`);
  return id;
}

const NAME_PARAMETER = { name: 'name', type: 'String', description: 'The name of a pipeline' };
const APPLICATION_PARAMETER = {
  name: 'application',
  type: 'String',
  description: 'The name of an application',
};

export const EFFECT_FUNCTIONS: FunctionDefinition[] = [
  {
    name: 'fromUrl',
    description: 'Fetches a URL and gives its text.',
    parameters: URL_PARAMETER,
    returns: 'String',
    example: "${#fromUrl('https://example.com/version.txt')}",
    call: fetched,
  },
  {
    name: 'jsonFromUrl',
    description: 'Fetches a URL and reads its JSON.',
    parameters: URL_PARAMETER,
    returns: 'Object',
    example: "${#jsonFromUrl('https://example.com/build.json').version}",
    call: (args, runtime) => parseJson(fetched(args, runtime)),
  },
  {
    name: 'yamlFromUrl',
    description: 'Fetches a URL and reads its YAML (one document).',
    parameters: URL_PARAMETER,
    returns: 'Object',
    example: "${#yamlFromUrl('https://example.com/values.yaml').image.tag}",
    call: (args, runtime) => onlyDocument(parseYaml(fetched(args, runtime))),
  },
  {
    name: 'propertiesFromUrl',
    description: 'Fetches a URL and reads its Java properties into a map.',
    parameters: URL_PARAMETER,
    returns: 'Map',
    example: "${#propertiesFromUrl('https://example.com/build.properties').version}",
    call: (args, runtime) => parseProperties(fetched(args, runtime)),
  },
  {
    name: 'pipelineId',
    description: 'The id of a pipeline of the same application. Fails when there is none.',
    parameters: [NAME_PARAMETER],
    returns: 'String',
    needsExecution: true,
    example: "${#pipelineId('Deploy to prod')}",
    call: (args, runtime) => foundId(runtime, textAt(args, 0), applicationOf(runtime)),
  },
  {
    name: 'pipelineIdOrNull',
    description: 'The id of a pipeline of the same application, or null.',
    parameters: [NAME_PARAMETER],
    returns: 'String',
    needsExecution: true,
    example: "${#pipelineIdOrNull('Deploy to prod') ?: 'none'}",
    call: (args, runtime) => effectResult(runtime, 'pipelineId', [textAt(args, 0), applicationOf(runtime)]),
  },
  {
    name: 'pipelineIdInApplication',
    description: 'The id of a pipeline of the named application, or null.',
    parameters: [NAME_PARAMETER, APPLICATION_PARAMETER],
    returns: 'String',
    example: "${#pipelineIdInApplication('Deploy', 'shop')}",
    call: (args, runtime) => effectResult(runtime, 'pipelineId', [textAt(args, 0), textAt(args, 1)]),
  },
  {
    name: 'applicationMetadata',
    description: "An application's attributes.",
    parameters: [APPLICATION_PARAMETER],
    returns: 'Map',
    example: "${#applicationMetadata('shop').email}",
    call: (args, runtime) => {
      const name = textAt(args, 0);
      const attributes = effectResult(runtime, 'applicationMetadata', [name]);
      if (attributes === null) throw failed(`there is no application ${name}`);
      return attributes;
    },
  },
  {
    name: 'canaryConfigNameToId',
    description: 'The id of a canary config by its name and application.',
    parameters: [
      { name: 'name', type: 'String', description: 'The name of a canary config' },
      APPLICATION_PARAMETER,
    ],
    returns: 'String',
    example: "${#canaryConfigNameToId('latency', 'shop')}",
    call: (args, runtime) => {
      const [name, application] = [textAt(args, 0), textAt(args, 1)];
      const id = effectResult(runtime, 'canaryConfigNameToId', [name, application]);
      if (id === null)
        throw failed(`there is no canary config \`${name}\` in the application ${application}`);
      return id;
    },
  },
];
