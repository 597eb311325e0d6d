/** Pages of Deck, each with a text that it shows when it has got what it asks for. The example of `npm start` has run. */
export const pages = [
  { path: '/applications', shows: 'demo@example.com' },
  { path: '/projects', shows: 'Create Project' },
  { path: '/search', shows: 'Create Application' },
  { path: '/pipeline-templates', shows: 'Pipeline Templates' },
  { path: '/applications/demo/executions', shows: 'Status: SUCCEEDED' },
  { path: '/applications/demo/clusters', shows: 'registry.example.com/demo' },
  { path: '/applications/demo/loadBalancers', shows: 'service demo' },
  { path: '/applications/demo/firewalls', shows: 'No firewalls match' },
  { path: '/applications/demo/tasks', shows: 'Create Application: demo' },
  { path: '/applications/demo/config', shows: 'Traffic Guards' },
  { path: '/applications/demo/canary/config', shows: 'Add configuration' },
  { path: '/applications/demo/canary/report', shows: 'Start Manual Analysis' },
];

/**
 * Calls of Deck's services, in the order of a user's day. They run in the page, each with Deck's core, the helpers of
 * check.mjs and the window, where they keep what later ones need. `refused` is
 * the status of an answer that must be an error, `gone` of one that may be among others.
 */
export const calls = [
  {
    name: 'create an application',
    call: (deck, { done }, { app }) =>
      done(
        deck.ApplicationWriter.createApplication({
          name: app,
          email: 'a@example.com',
          cloudProviders: ['kubernetes'],
        }),
      ),
  },
  {
    name: 'change it',
    call: (deck, { done }, { app }) =>
      done(
        deck.ApplicationWriter.updateApplication({
          name: app,
          email: 'b@example.com',
          cloudProviders: ['kubernetes'],
        }),
      ),
  },
  {
    name: 'save a pipeline',
    call: async (deck, _, window) => {
      const stages = [
        { refId: '1', type: 'wait', waitTime: 1, requisiteStageRefIds: [] },
        {
          refId: '2',
          type: 'manualJudgment',
          judgmentInputs: [{ value: 'yes' }],
          requisiteStageRefIds: ['1'],
        },
        { refId: '3', type: 'wait', waitTime: 600, requisiteStageRefIds: ['2'] },
      ];
      await deck.PipelineConfigService.savePipeline({
        application: window.app,
        name: 'with a space/and a slash',
        stages,
        triggers: [],
        limitConcurrent: true,
        keepWaitingPipelines: false,
        parameterConfig: [{ name: 'version', default: '1' }],
      });
      [window.pipeline] = await deck.PipelineConfigService.getPipelinesForApplication(window.app);
      return window.pipeline.id;
    },
  },
  {
    name: 'rename it',
    call: async (deck, _, window) => {
      await deck.PipelineConfigService.renamePipeline(
        window.app,
        window.pipeline,
        window.pipeline.name,
        'renamed',
      );
      [window.pipeline] = await deck.PipelineConfigService.getPipelinesForApplication(window.app);
      return window.pipeline.name;
    },
  },
  {
    name: 'save a change',
    call: (deck, _, { pipeline }) =>
      deck.PipelineConfigService.savePipeline({ ...pipeline, description: 'changed' }),
  },
  {
    name: 'be told that the copy has grown stale',
    refused: 400,
    call: (deck, _, { pipeline }) =>
      deck.PipelineConfigService.savePipeline({ ...pipeline, description: 'again' }),
  },
  {
    name: 'look at its history',
    call: async (deck, _, { pipeline }) =>
      (await deck.PipelineConfigService.getHistory(pipeline.id, false)).map(({ name }) => name),
  },
  {
    name: 'put pipelines in another order',
    call: (deck, _, { app, pipeline }) =>
      deck.PipelineConfigService.reorderPipelines(app, { [pipeline.id]: 3 }),
  },
  {
    name: 'start it, and see it appear',
    call: async (deck, { executions }, window) => {
      const application = await deck.ApplicationReader.getApplication(window.app, true);
      application.executions.activate();
      application.pipelineConfigs.activate();
      await application.executions.ready();
      window.application = application;
      window.execution = await deck.PipelineConfigService.triggerPipeline(window.app, 'renamed', {
        type: 'manual',
        parameters: { version: '2' },
      });
      await executions.waitUntilTriggeredPipelineAppears(application, window.execution);
      return window.execution;
    },
  },
  {
    name: 'judge',
    call: async (_, { executions, until }, { execution }) => {
      const { stages } = await until(execution, (state) => state.stages[1]?.status === 'RUNNING');
      await executions.patchExecution(execution, stages[1].id, {
        judgmentStatus: 'continue',
        judgmentInput: 'yes',
      });
      return (await until(execution, (state) => state.stages[2].status === 'RUNNING')).status;
    },
  },
  {
    name: 'pause',
    call: async (_, { executions }, { application, execution }) => {
      await executions.pauseExecution(application, execution);
    },
  },
  {
    name: 'resume',
    call: async (_, { executions }, { application, execution }) => {
      await executions.resumeExecution(application, execution);
    },
  },
  {
    name: 'cancel',
    call: async (_, { executions, until }, { application, execution }) => {
      await executions.cancelExecution(application, execution, true, 'enough');
      return (await until(execution, ({ status }) => status === 'CANCELED')).cancellationReason;
    },
  },
  {
    name: 'restart a stage',
    call: async (deck, { until }, { execution }) => {
      const { stages } = await deck.REST('/pipelines').path(execution).get();
      await deck.REST('/pipelines').path(execution, 'stages', stages[0].id, 'restart').put({ skip: false });
      return (await until(execution, ({ status }) => status === 'RUNNING')).status;
    },
  },
  {
    name: 'cancel again and delete it',
    call: async (_, { executions, until }, { application, execution }) => {
      await executions.cancelExecution(application, execution, true, 'enough');
      await until(execution, ({ status }) => status === 'CANCELED');
      // Deck goes on asking until it is told that there is none, so the refusal is part of it.
      await executions.deleteExecution(application, execution);
    },
    gone: 404,
  },
  {
    name: 'set notifications',
    call: (deck, _, { app }) =>
      deck
        .REST('/notifications/application')
        .path(app)
        .post({
          application: app,
          email: [{ type: 'email', address: 'a@example.com', when: ['pipeline.failed'] }],
        }),
  },
  {
    name: 'make a project',
    call: (deck, { done }, { app, pipeline }) =>
      done(
        deck.ProjectWriter.upsertProject({
          name: `${app}project`,
          email: 'a@example.com',
          config: {
            applications: [app, 'demo'],
            clusters: [{ account: 'playground', stack: '*', detail: '*', applications: null }],
            pipelineConfigs: [{ application: app, pipelineConfigId: pipeline.id }],
          },
        }),
      ),
  },
  {
    name: 'look at its clusters',
    call: async (deck, _, { app }) =>
      (await deck.ProjectReader.getProjectClusters(`${app}project`)).map(({ account }) => account),
  },
  {
    name: 'look at its executions',
    call: async (_, { executions }, { app }) =>
      (await executions.getProjectExecutions(`${app}project`)).length,
  },
  {
    name: 'search',
    call: async (deck) => {
      const query = { q: 'demo', type: 'applications', pageSize: 20, page: 1 };
      return (await deck.SearchService.search(query)).results.map(({ application }) => application);
    },
  },
  {
    name: 'look at an account',
    call: async (deck) => (await deck.AccountService.getAccountDetails('playground')).name,
  },
  {
    name: 'look at artifact accounts',
    call: async (deck) => (await deck.AccountService.getArtifactAccounts()).map(({ name }) => name),
  },
  {
    name: 'look at a server group, an instance and its log',
    call: async (deck) => {
      const groups = await deck.REST('/applications/demo/serverGroups').get();
      const { account, region, name, instances } = groups.find((group) => group.instances.length > 0);
      const details = await deck.ServerGroupReader.getServerGroup('demo', account, region, name);
      const instance = await deck.InstanceReader.getInstanceDetails(account, region, instances[0].name);
      const { output } = await deck.InstanceReader.getConsoleOutput(
        account,
        region,
        instances[0].name,
        'kubernetes',
      );
      return [details.name, instance.displayName, output[0].name];
    },
  },
  {
    name: 'scale a deployment',
    call: (deck, { done }, { application }) =>
      done(
        deck.ManifestWriter.scaleManifest(
          {
            account: 'playground',
            location: 'production',
            manifestName: 'deployment demo',
            replicas: '3',
            cloudProvider: 'kubernetes',
          },
          application,
        ),
      ),
  },
  {
    name: 'deploy a manifest',
    call: (deck, { done }, { app, application }) =>
      done(
        deck.ManifestWriter.deployManifest(
          {
            account: 'playground',
            cloudProvider: 'kubernetes',
            source: 'text',
            moniker: { app },
            manifests: [
              {
                apiVersion: 'v1',
                kind: 'ConfigMap',
                metadata: { name: app, namespace: 'default' },
                data: { a: 'b' },
              },
            ],
          },
          application,
        ),
      ),
  },
  {
    name: 'look at it',
    call: async (deck, _, { app }) =>
      (await deck.ManifestReader.getManifest('playground', 'default', `configMap ${app}-v000`)).manifest.data,
  },
  {
    name: 'delete it',
    call: (deck, { done }, { app, application }) =>
      done(
        deck.ManifestWriter.deleteManifest(
          {
            account: 'playground',
            location: 'default',
            manifestName: `configMap ${app}-v000`,
            mode: 'static',
            options: { cascading: true },
            cloudProvider: 'kubernetes',
          },
          application,
        ),
      ),
  },
  {
    name: 'make a template',
    call: (deck, _, { app }) =>
      deck.REST('/v2/pipelineTemplates/create').post({
        id: `${app}template`,
        schema: 'v2',
        metadata: { name: 'template', description: 'waits', owner: 'a@example.com', scopes: ['global'] },
        variables: [{ name: 'seconds', type: 'int', defaultValue: 5 }],
        pipeline: { stages: [{ refId: '1', type: 'wait', waitTime: '${ templateVariables.seconds }' }] },
      }),
  },
  {
    name: 'plan it',
    call: async (deck, _, { app }) => {
      const plan = await deck.PipelineTemplateReader.getPipelinePlan({
        schema: 'v2',
        type: 'templatedPipeline',
        application: app,
        name: 'from the template',
        template: {
          artifactAccount: 'front50ArtifactCredentials',
          reference: `spinnaker://${app}template`,
          type: 'front50/pipelineTemplate',
        },
        variables: { seconds: 7 },
        exclude: [],
        triggers: [],
        parameters: [],
        notifications: [],
        stages: [],
      });
      return plan.stages[0].waitTime;
    },
  },
  {
    name: 'delete the template',
    call: (deck, _, { app }) => deck.REST('/v2/pipelineTemplates').path(`${app}template`).delete(),
  },
  {
    name: 'save a canary config',
    call: async (deck, _, window) => {
      const { canaryConfigId } = await deck.REST('/v2/canaryConfig').post({
        name: `${window.app}canary`,
        applications: [window.app],
        configVersion: '1',
        judge: { name: 'NetflixACAJudge-v1.0', judgeConfigurations: {} },
        metrics: [
          {
            name: 'up',
            query: { type: 'prometheus', serviceType: 'prometheus', customInlineTemplate: 'PromQL:avg(up)' },
            groups: ['all'],
            analysisConfigurations: { canary: { direction: 'increase' } },
            scopeName: 'default',
          },
        ],
        classifier: { groupWeights: { all: 100 } },
        templates: {},
      });
      window.canaryConfig = canaryConfigId;
      return canaryConfigId;
    },
  },
  {
    name: 'delete it again',
    call: (deck, _, { canaryConfig }) => deck.REST('/v2/canaryConfig').path(canaryConfig).delete(),
  },
  {
    name: 'look at the tasks',
    call: async (deck, _, { app }) => (await deck.TaskReader.getTasks(app)).map(({ name }) => name),
  },
  {
    name: 'delete the pipeline',
    call: (deck, _, { app, pipeline }) => deck.PipelineConfigService.deletePipeline(app, pipeline, 'renamed'),
  },
  {
    name: 'delete the project',
    call: async (deck, { done }, { app }) =>
      done(deck.ProjectWriter.deleteProject(await deck.ProjectReader.getProjectConfig(`${app}project`))),
  },
  {
    name: 'delete the application',
    call: (deck, { done }, { app }) => done(deck.ApplicationWriter.deleteApplication({ name: app })),
  },
];
