import type pg from 'pg';
import type { EventStore } from '@gennaker/event-store';
import type { Clock } from '@gennaker/kernel';
import { Applications } from './applications.js';
import { CatalogStore } from './catalog-store.js';
import { Notifications } from './notifications.js';
import type { PipelineRules } from './pipeline-validation.js';
import { Pipelines } from './pipelines.js';
import { Projects } from './projects.js';
import { Templates } from './templates.js';

/** Everything that people configure, by kind. */
export class Catalog {
  readonly store: CatalogStore;
  readonly applications: Applications;
  readonly pipelines: Pipelines;
  readonly strategies: Pipelines;
  readonly projects: Projects;
  readonly templates: Templates;
  readonly notifications: Notifications;

  constructor(pool: pg.Pool, events: EventStore, clock: Clock, rules: PipelineRules = {}) {
    this.store = new CatalogStore(pool, events, clock);
    this.applications = new Applications(this.store);
    this.pipelines = new Pipelines(this.store, 'pipeline', rules);
    this.strategies = new Pipelines(this.store, 'strategy', rules);
    this.projects = new Projects(this.store);
    this.templates = new Templates(this.store);
    this.notifications = new Notifications(this.store);
  }
}
