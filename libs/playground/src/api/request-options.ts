import { isObject } from '@gennaker/kernel';
import type { DeleteOptions } from './deletion.js';
import { forbiddenField, unsupportedValue } from './field-errors.js';
import { APPLY_PATCH } from './patching.js';
import type { Exchange } from './request.js';
import type { WriteOptions } from './resource-api.js';
import { badRequest, invalid, type StatusSubject } from './status-error.js';

/** What a request's query says about how to write. */
export function writeOptions(exchange: Exchange): WriteOptions {
  const { query } = exchange;
  const dryRun = checkedDryRun(exchange);
  const validation = query.get('fieldValidation') ?? 'Warn';
  if (!['Ignore', 'Warn', 'Strict'].includes(validation)) {
    throw invalid(optionsOf(exchange), '', [
      unsupportedValue('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn']),
    ]);
  }
  if (query.has('force') && exchange.contentType !== APPLY_PATCH && exchange.method === 'PATCH') {
    throw invalid(optionsOf(exchange), '', [
      forbiddenField('force', 'may not be specified for non-apply patch'),
    ]);
  }
  return {
    fieldManager: exchange.fieldManager,
    dryRun,
    fieldValidation: validation as 'Ignore' | 'Warn' | 'Strict',
    warnings: exchange.warnings,
  };
}

const OPTION_KINDS: Readonly<Record<string, string>> = {
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
  PATCH: 'PatchOptions',
  DELETE: 'DeleteOptions',
};

function optionsOf(exchange: Exchange): StatusSubject {
  return { group: 'meta.k8s.io', plural: '', kind: OPTION_KINDS[exchange.method] ?? 'ListOptions' };
}

function checkedDryRun(exchange: Exchange, values: unknown[] = exchange.query.getAll('dryRun')): boolean {
  const given = values.filter((value) => value !== '');
  if (given.some((value) => value !== 'All')) {
    throw invalid(optionsOf(exchange), '', [unsupportedValue('dryRun', given, ['All'])]);
  }
  return given.length > 0;
}

/** Delete options come in the query or in the body. */
export async function deleteOptions(exchange: Exchange): Promise<DeleteOptions> {
  const { query } = exchange;
  const body = await exchange.object(true);
  const grace = body['gracePeriodSeconds'] ?? query.get('gracePeriodSeconds') ?? undefined;
  const dryRun = Array.isArray(body['dryRun']) ? (body['dryRun'] as unknown[]) : query.getAll('dryRun');
  if (grace !== undefined && !Number.isInteger(Number(grace))) {
    throw badRequest(`gracePeriodSeconds: Invalid value: ${JSON.stringify(grace)}: must be an integer`);
  }
  const orphan = body['orphanDependents'] ?? query.get('orphanDependents') ?? undefined;
  const preconditions = isObject(body['preconditions']) ? body['preconditions'] : undefined;
  return {
    dryRun: checkedDryRun(exchange, dryRun),
    gracePeriodSeconds: grace === undefined ? undefined : Number(grace),
    propagationPolicy: (body['propagationPolicy'] ?? query.get('propagationPolicy') ?? undefined) as
      string | undefined,
    orphanDependents: orphan === undefined ? undefined : orphan === true || orphan === 'true',
    preconditions: preconditions as DeleteOptions['preconditions'],
  };
}
