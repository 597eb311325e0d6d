import { InvalidInputError, type JsonObject } from '@gennaker/kernel';
import { z } from 'zod';
import { changeCatalog, documentOf } from '../catalog/catalog-task.js';
import { defineStage, type StageDefinition } from '../stage-definition.js';

const saveSchema = z.looseObject({
  /** As it is, or the base64 of its JSON, which leaves its expressions alone. */
  pipelineTemplate: z.union([z.looseObject({}), z.string()], {
    error: 'must be the template, or the base64 of its JSON',
  }),
  tag: z.string().nullish(),
});

function saving(create: boolean, names: Pick<StageDefinition, 'type' | 'aliases' | 'label' | 'description'>) {
  return defineStage<z.infer<typeof saveSchema>>({
    ...names,
    schema: saveSchema,
    tasks: [
      {
        name: names.type,
        run: (input) => {
          const { pipelineTemplate, tag, id } = input.config;
          const template = templateOf(pipelineTemplate, id);
          return changeCatalog(input, { kind: 'saveTemplate', template, create, ...(tag ? { tag } : {}) });
        },
      },
    ],
  });
}

function templateOf(given: unknown, id: unknown): JsonObject {
  const template = documentOf(given);
  if (template === undefined) {
    const message = 'must be the template, or the base64 of its JSON';
    throw new InvalidInputError('stages.no_template', [{ path: 'pipelineTemplate', message }]);
  }
  return typeof id === 'string' && template['id'] === undefined ? { ...template, id } : template;
}

export const createPipelineTemplateStage = saving(true, {
  type: 'createPipelineTemplate',
  aliases: ['createV2PipelineTemplate'],
  label: 'Create pipeline template',
  description: 'Stores a new pipeline template.',
});

export const updatePipelineTemplateStage = saving(false, {
  type: 'updatePipelineTemplate',
  aliases: ['updateV2PipelineTemplate'],
  label: 'Update pipeline template',
  description: 'Stores a new version of a pipeline template.',
});

const deleteSchema = z.looseObject({
  pipelineTemplateId: z.string({ error: 'is missing: which template?' }).min(1, 'must not be empty'),
  tag: z.string().nullish(),
  digest: z.string().nullish(),
});

export const deletePipelineTemplateStage = defineStage<z.infer<typeof deleteSchema>>({
  type: 'deletePipelineTemplate',
  aliases: ['deleteV2PipelineTemplate'],
  label: 'Delete pipeline template',
  description: 'Removes a version of a pipeline template, or all of it.',
  schema: deleteSchema,
  tasks: [
    {
      name: 'deletePipelineTemplate',
      run: (input) => {
        const { pipelineTemplateId: id, tag, digest } = input.config;
        const version = { ...(tag ? { tag } : {}), ...(digest ? { digest } : {}) };
        return changeCatalog(input, { kind: 'deleteTemplate', id, ...version });
      },
    },
  ],
});
