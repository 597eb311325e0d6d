import { canonicalJson, type Clock, type JsonObject } from '@gennaker/kernel';
import type { Exchange } from '../api/request.js';
import type { MetricHistory } from './metric-history.js';
import { evaluate, isRange, type Value } from './promql-eval.js';
import { durationMs, PromqlError } from './promql-lexer.js';
import { parsePromql, type Expression } from './promql-parser.js';
import type { Labels } from './series.js';
import { SeriesSource } from './series-source.js';

const ROOT = '/prometheus';
/** Prometheus' own limit of points per series. */
const MAX_POINTS = 11_000;

class BadData extends Error {}

/** Answers Prometheus' HTTP API under `/prometheus` with the metrics of the simulated pods. */
export class PrometheusApi {
  private readonly source: SeriesSource;

  constructor(
    history: MetricHistory,
    private readonly clock: Clock,
    seed: string,
  ) {
    this.source = new SeriesSource(history, seed, () => clock.now());
  }

  /** False when the path is not Prometheus'. */
  async handle(exchange: Exchange): Promise<boolean> {
    const { pathname } = exchange.url;
    if (pathname !== ROOT && !pathname.startsWith(`${ROOT}/`)) return false;
    const path = pathname.slice(ROOT.length);
    if (path === '/-/healthy' || path === '/-/ready') {
      exchange.send(
        200,
        'text/plain; charset=utf-8',
        `Prometheus Server is ${path === '/-/ready' ? 'Ready' : 'Healthy'}.\n`,
      );
      return true;
    }
    try {
      const parameters = await readParameters(exchange);
      const data = this.answer(path, parameters);
      if (data === undefined) exchange.send(404, 'text/plain; charset=utf-8', '404 page not found\n');
      else exchange.json(200, { status: 'success', data });
    } catch (error) {
      if (!(error instanceof BadData) && !(error instanceof PromqlError)) throw error;
      const message =
        error instanceof PromqlError ? `invalid parameter "query": ${error.message}` : error.message;
      exchange.json(400, { status: 'error', errorType: 'bad_data', error: message });
    }
    return true;
  }

  private answer(path: string, parameters: URLSearchParams): unknown {
    const values = /^\/api\/v1\/label\/([A-Za-z_][\w]*)\/values$/.exec(path);
    if (values) return this.labelValues(values[1] ?? '', parameters);
    switch (path) {
      case '/api/v1/query':
        return this.query(parameters);
      case '/api/v1/query_range':
        return this.queryRange(parameters);
      case '/api/v1/labels':
        return [...new Set(this.matching(parameters).flatMap((labels) => Object.keys(labels)))].sort();
      case '/api/v1/series':
        if (parameters.getAll('match[]').length === 0) throw new BadData('no match[] parameter provided');
        return this.matching(parameters);
      case '/api/v1/metadata':
        return this.metadata();
      case '/api/v1/status/buildinfo':
        return {
          version: '2.53.0+gennaker-playground',
          revision: 'simulation',
          branch: 'simulation',
          buildUser: '',
          buildDate: '',
          goVersion: 'none',
        };
      case '/api/v1/alerts':
        return { alerts: [] };
      case '/api/v1/rules':
        return { groups: [] };
      default:
        return undefined;
    }
  }

  private query(parameters: URLSearchParams): JsonObject {
    const expression = parsed(parameters);
    const time = parameters.get('time');
    const at = time === null ? this.clock.now() : parseTime(time, 'time');
    if (isRange(expression)) return this.rangeResult(expression, at);
    return instantResult(evaluate(expression, this.source, at), at);
  }

  private rangeResult(expression: Expression, at: number): JsonObject {
    if (expression.kind !== 'selector') throw new BadData('not a range');
    const to = at - expression.offsetMs;
    const result = this.source.select(expression.name, expression.conditions).flatMap((series) => {
      const samples = this.source.between(series, to - (expression.rangeMs ?? 0), to);
      const values = samples.map(({ time, value }) => point(time, value));
      return values.length === 0 ? [] : [{ metric: series.labels, values }];
    });
    return { resultType: 'matrix', result };
  }

  private queryRange(parameters: URLSearchParams): JsonObject {
    const expression = parsed(parameters);
    const start = parseTime(needed(parameters, 'start'), 'start');
    const end = parseTime(needed(parameters, 'end'), 'end');
    const step = parseStep(needed(parameters, 'step'));
    if (end < start)
      throw new BadData('invalid parameter "end": end timestamp must not be before start time');
    if (step <= 0) {
      throw new BadData(
        'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
      );
    }
    if ((end - start) / step > MAX_POINTS) {
      throw new BadData(
        'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
      );
    }
    if (isRange(expression)) {
      throw new BadData(
        'invalid parameter "query": invalid expression type "range vector" for range query, must be Scalar or instant Vector',
      );
    }
    const series = new Map<string, { metric: Labels; values: [number, string][] }>();
    for (let time = start; time <= end; time += step) {
      for (const { labels, value } of elementsOf(evaluate(expression, this.source, time))) {
        const key = canonicalJson(labels);
        const known = series.get(key) ?? { metric: labels, values: [] };
        known.values.push(point(time, value));
        series.set(key, known);
      }
    }
    const result = [...series].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
    return { resultType: 'matrix', result };
  }

  private matching(parameters: URLSearchParams): Labels[] {
    const matchers = parameters.getAll('match[]').map((text) => parsePromql(text));
    if (matchers.length === 0) return this.source.all().map((series) => series.labels);
    return matchers.flatMap((matcher) => {
      if (matcher.kind !== 'selector')
        throw new BadData('invalid parameter "match[]": a series selector is expected');
      return this.source.select(matcher.name, matcher.conditions).map((series) => series.labels);
    });
  }

  private labelValues(name: string, parameters: URLSearchParams): string[] {
    const values = this.matching(parameters).flatMap((labels) => labels[name] ?? []);
    return [...new Set(values)].sort();
  }

  private metadata(): JsonObject {
    const result: JsonObject = {};
    for (const { labels, type } of this.source.all()) {
      result[labels['__name__'] ?? ''] = [{ type, help: 'Simulated by the Gennaker playground.', unit: '' }];
    }
    return result;
  }
}

async function readParameters(exchange: Exchange): Promise<URLSearchParams> {
  const parameters = new URLSearchParams(exchange.query);
  if (exchange.method === 'POST') {
    for (const [name, value] of new URLSearchParams(await exchange.text())) parameters.append(name, value);
  }
  return parameters;
}

function needed(parameters: URLSearchParams, name: string): string {
  const value = parameters.get(name);
  if (value === null || value === '')
    throw new BadData(`invalid parameter "${name}": cannot parse "" to a valid value`);
  return value;
}

function parsed(parameters: URLSearchParams): Expression {
  const query = parameters.get('query');
  if (!query) throw new PromqlError('unknown position: parse error: no expression found in input');
  return parsePromql(query);
}

/** Seconds since the epoch, with decimals, or RFC 3339. */
function parseTime(text: string, name: string): number {
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.round(seconds * 1_000);
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw new BadData(`invalid parameter "${name}": cannot parse "${text}" to a valid timestamp`);
  return time;
}

function parseStep(text: string): number {
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.round(seconds * 1_000);
  const step = /^(\d+(ms|[smhdwy]))+$/.test(text) ? durationMs(text) : 0;
  if (step === 0) throw new BadData(`invalid parameter "step": cannot parse "${text}" to a valid duration`);
  return step;
}

function point(time: number, value: number): [number, string] {
  return [time / 1_000, numberText(value)];
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

function elementsOf(value: Value): { labels: Labels; value: number }[] {
  if (value.type === 'vector') return value.elements;
  if (value.type === 'scalar') return [{ labels: {}, value: value.value }];
  throw new BadData(
    'invalid parameter "query": invalid expression type "string" for range query, must be Scalar or instant Vector',
  );
}

function instantResult(value: Value, at: number): JsonObject {
  switch (value.type) {
    case 'scalar':
      return { resultType: 'scalar', result: point(at, value.value) };
    case 'string':
      return { resultType: 'string', result: [at / 1_000, value.value] };
    case 'vector':
      return {
        resultType: 'vector',
        result: value.elements.map((element) => ({
          metric: element.labels,
          value: point(at, element.value),
        })),
      };
  }
}
