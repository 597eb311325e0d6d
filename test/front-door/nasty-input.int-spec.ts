import { freePort } from '@gennaker/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGate, startTestGate } from '../../apps/gate/src/testing/gate.suite.js';
import { type Cloud, startCloud } from './cloud.suite.js';

interface Operation {
  parameters: { name: string; in: string }[];
  requestBody?: object;
}

const NASTY = [
  '%00',
  '..%2f..%2fetc%2fpasswd',
  '%ED%A0%80',
  '%F0%9F%98%80',
  '9'.repeat(40),
  '-1',
  '1e400',
  'a%0d%0aX-Evil:1',
  "x'%3Bdrop",
  '%7B%7D',
  'x'.repeat(600),
];
const BODIES = [
  '{}',
  '[]',
  'null',
  '7',
  '"x"',
  '{"application":7}',
  '{"application":"a","name":"\\u0000"}',
  '{"application":"a","job":[{"type":"wait","waitTime":"x"}]}',
  '{"id":{"a":1},"name":"x","application":"y","stages":[[]]}',
  '[{"a":1}]',
];

/** Every operation of the OpenAPI document, with input that nobody means well with. */
describe('nasty input', () => {
  let gate: TestGate;
  let cloud: Cloud;
  beforeAll(async () => {
    const port = await freePort();
    gate = await startTestGate({ KAYENTA_URL: `http://127.0.0.1:${port}` });
    cloud = await startCloud(gate.platform, ['test'], { KAYENTA_PORT: String(port) });
  });
  afterAll(async () => {
    await cloud.stop();
    await gate.close();
  });

  it('is never answered with our own error, a stack trace or a header of its making', async () => {
    const { paths } = (await gate.call('GET', '/v3/api-docs')).json as {
      paths: Record<string, Record<string, Operation>>;
    };
    const failures: string[] = [];
    let turn = 0;
    const pick = (list: string[]) => list[(turn += 1) % list.length] ?? '';
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        if (path.endsWith('/live')) continue;
        for (let round = 0; round < 4; round += 1) {
          const url = path.replaceAll(/\{\w+\}/g, () => pick(NASTY));
          const query = operation.parameters
            .filter((one) => one.in === 'query')
            .map(({ name }) => `${name}=${pick(NASTY)}`);
          const body = operation.requestBody === undefined ? undefined : pick(BODIES);
          const answer = await gate.call(method.toUpperCase(), `${url}?${query.join('&')}`, body);
          // What asks clusters is not behind the door here.
          const unavailable =
            answer.status === 503 && answer.text.includes('"code":"gate.clouddriver_unavailable"');
          const leaks = /node_modules|\.ts:\d+|at \w+ \(/.test(answer.text) || 'x-evil' in answer.headers;
          if ((answer.status >= 500 && !unavailable) || leaks)
            failures.push(
              `${method} ${url}?${query.join('&')} ${body ?? ''}: ${answer.status} ${answer.text.slice(0, 200)}`,
            );
        }
      }
    }
    expect(failures).toEqual([]);
  });

  it('does not take the names of every object’s own parts for stages', async () => {
    const stages = [{ type: 'manualJudgment', refId: '1', requisiteStageRefIds: [] }];
    const started = await gate.call('POST', '/pipelines/start', { application: 'nasty', name: 'p', stages });
    const { ref } = started.json as { ref: string };
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const answers = [
        await gate.call('PATCH', `${ref}/stages/${name}`, { judgmentStatus: 'continue' }),
        await gate.call('PUT', `${ref}/stages/${name}/restart`, {}),
        await gate.call('GET', `${ref}/stages/${name}/why`),
        await gate.call('GET', `${ref}/${name}/evaluateExpression?expression=1`),
      ];
      expect([name, ...answers.map(({ status }) => status)]).toEqual([name, 404, 404, 404, 404]);
    }
  });
});
