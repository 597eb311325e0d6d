import type { Caller } from '@gennaker/http';
import { Clock, IdGenerator, type JsonObject } from '@gennaker/kernel';
import { Injectable } from '@nestjs/common';

export interface FinishedTask {
  application: string;
  name: string;
  caller: Caller;
  variables?: JsonObject;
}

/**
 * Some of Spinnaker's endpoints run a task and wait for it. What they do is one commit here, so the answer is the task
 * as it would be when it is done.
 */
@Injectable()
export class FinishedTasks {
  constructor(
    private readonly clock: Clock,
    private readonly ids: IdGenerator,
  ) {}

  of({ application, name, caller, variables = {} }: FinishedTask): JsonObject {
    const now = this.clock.now();
    return {
      id: this.ids.next(),
      name,
      application,
      status: 'SUCCEEDED',
      variables: Object.entries({ user: caller.principal.username, ...variables }).map(([key, value]) => ({
        key,
        value,
      })),
      steps: [],
      buildTime: now,
      startTime: now,
      endTime: now,
    };
  }
}
