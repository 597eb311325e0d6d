import {
  type ExecutionState,
  type ExecutionStatus,
  EXECUTION_STATUSES,
  isComplete,
  isExecutionStatus,
  toExecutionView,
} from '@gennaker/execution';
import {
  type ExecutionFilter,
  ExecutionQueries,
  ExecutionStore,
  type ExecutionSummary,
} from '@gennaker/execution-store';
import { JsonCache, JsonPiece, JsonText, sortedJson } from '@gennaker/http';
import { Clock, InvalidInputError, NotFoundError } from '@gennaker/kernel';
import { Injectable } from '@nestjs/common';
import { cursorAfter, executionCursor } from './execution-cursor.js';

/** Lists show what was built in the last 14 days … */
export const HISTORY_MS = 14 * 24 * 3_600_000;
/** … and of a configuration without anything recent, the two latest. */
const OLD_PER_CONFIG = 2;
const MAX_ID = 100;
/** Bytes kept for polls. */
const MAX_LENGTH = 64_000_000;

export interface ListOptions {
  limit: number;
  statuses: ExecutionStatus[];
  expand: boolean;
}

/** Reads executions for lists and single views. */
@Injectable()
export class ExecutionReader {
  /** Views as JSON: a poll asks for the same ones again and again. */
  private readonly texts = new JsonCache(MAX_LENGTH);

  constructor(
    private readonly executions: ExecutionStore,
    private readonly queries: ExecutionQueries,
    private readonly clock: Clock,
  ) {}

  /** @throws NotFoundError also for an execution of the other type */
  async get(id: string, type?: ExecutionState['type']): Promise<ExecutionState> {
    const state = await this.find(id);
    if (state !== undefined && (type === undefined || state.type === type)) return state;
    throw type === 'ORCHESTRATION'
      ? new NotFoundError('gate.no_such_task', `Task not found (id: ${id})`)
      : new NotFoundError('gate.no_such_execution', `Pipeline execution not found (id: ${id})`);
  }

  /** One execution as JSON, as {@link get} gives it. */
  async view(id: string, type: ExecutionState['type'], expand: boolean): Promise<JsonPiece> {
    const state = await this.get(id, type);
    const wanted = { key: `${id}:${expand}:alone`, fingerprint: String(state.version) };
    const known = this.texts.get(wanted);
    if (known !== undefined) return known;
    const piece = JsonPiece.of(sortedJson(toExecutionView(state, { expand })));
    this.texts.put(wanted, piece);
    return piece;
  }

  /**
   * Executions of some configurations, oldest first; with an application also those of its executions that were started
   * without a stored configuration.
   */
  async ofConfigs(
    configIds: string[],
    { limit, statuses, expand }: ListOptions,
    application?: string,
  ): Promise<JsonText> {
    if (limit === 0) return JsonText.list([]);
    const filter = { type: 'PIPELINE' as const, ...(statuses.length === 0 ? {} : { statuses }) };
    const [stored, adHoc] = await Promise.all([
      configIds.length === 0
        ? []
        : this.queries.listPerConfig({ ...filter, pipelineConfigIds: configIds }, limit),
      application === undefined
        ? []
        : this.queries.list({ ...filter, application, withoutConfig: true }, { limit }),
    ]);
    const summaries = this.withoutOld([...stored, ...adHoc]);
    return JsonText.list(await this.views(summaries.sort(byStartTime), expand));
  }

  /** A page of executions, newest first. */
  async page(
    filter: ExecutionFilter,
    { limit, cursor, expand }: { limit: number; cursor: string; expand: boolean },
  ): Promise<{ list: JsonText; next?: string }> {
    if (limit === 0) return { list: JsonText.list([]) };
    const after = cursor === '' ? {} : { after: executionCursor(cursor) };
    const found = await this.queries.list(filter, { limit: limit + 1, ...after });
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const list = JsonText.list(await this.views(page, expand));
    return found.length > page.length && last !== undefined ? { list, next: cursorAfter(last) } : { list };
  }

  /** The executions with these ids, in the order asked for; unknown ones are left out. */
  async byIds(ids: string[], expand: boolean): Promise<JsonText> {
    const states = await Promise.all(ids.map((id) => this.find(id)));
    const views = states
      .filter((state) => state?.type === 'PIPELINE')
      .map((state) => JsonPiece.of(sortedJson(toExecutionView(state as ExecutionState, { expand }))));
    return JsonText.list(views);
  }

  async states(summaries: ExecutionSummary[]): Promise<ExecutionState[]> {
    const states = await Promise.all(summaries.map((summary) => this.stateOf(summary)));
    return states.filter((state) => state !== undefined);
  }

  /** Views as JSON, in the order of the summaries. */
  async views(summaries: ExecutionSummary[], expand: boolean): Promise<JsonPiece[]> {
    const versions = await this.queries.versions(
      summaries.filter(({ status }) => !isComplete(status)).map(({ id }) => id),
    );
    const wanted = summaries.map((summary) => ({
      key: `${summary.id}:${expand}`,
      summary,
      fingerprint: String(isComplete(summary.status) ? summary.version : versions.get(summary.id)),
    }));
    return this.texts.list(wanted, async (missing) => {
      const made = await Promise.all(
        missing.map(async ({ key, summary }): Promise<[string, string][]> => {
          const state = await this.stateOf(summary);
          return state === undefined ? [] : [[key, sortedJson(toExecutionView(state, { expand }))]];
        }),
      );
      return new Map(made.flat());
    });
  }

  async find(id: string): Promise<ExecutionState | undefined> {
    if (id.length > MAX_ID) return undefined;
    // A deleted execution may still be in memory; its row tells.
    const [state, exists] = await Promise.all([this.executions.find(id), this.queries.exists(id)]);
    return exists ? state : undefined;
  }

  /** The summary of what has ended tells its latest version. */
  private async stateOf(summary: ExecutionSummary): Promise<ExecutionState | undefined> {
    if (isComplete(summary.status)) {
      const state = await this.executions.recall(summary.id);
      if (state.version >= summary.version) return state;
    }
    return this.executions.find(summary.id);
  }

  private withoutOld(summaries: ExecutionSummary[]): ExecutionSummary[] {
    const since = this.clock.now() - HISTORY_MS;
    const kept = new Map<string | undefined, number>();
    return summaries.filter(({ buildTime, pipelineConfigId }) => {
      const count = (kept.get(pipelineConfigId) ?? 0) + 1;
      if (buildTime < since && count > OLD_PER_CONFIG) return false;
      kept.set(pipelineConfigId, count);
      return true;
    });
  }
}

/** By start time, those that have not started first; later ids first among equals. */
function byStartTime(a: ExecutionSummary, b: ExecutionSummary): number {
  return (a.startTime ?? 0) - (b.startTime ?? 0) || (a.id < b.id ? 1 : -1);
}

/** @throws InvalidInputError naming what is no status */
export function statusesOf(texts: readonly string[]): ExecutionStatus[] {
  return texts.map((text) => {
    const status = text.toUpperCase();
    if (isExecutionStatus(status)) return status;
    throw new InvalidInputError('gate.no_such_status', [
      { path: 'statuses', message: `"${text.slice(0, 50)}" is not one of ${EXECUTION_STATUSES.join(', ')}` },
    ]);
  });
}
