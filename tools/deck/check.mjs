/**
 * `node tools/deck/check.mjs [GATE_URL]`: builds Spinnaker's own UI code from npm, and drives it in Chromium against a
 * running front door with the playground (`npm start`; http://localhost:8084 unless said otherwise): opens its pages, and
 * makes the calls of its services in the order in which a user would. Fails when a page or a call does, or when an answer
 * is an error that is not expected. Needs Chromium, at `CHROMIUM` or where Debian's package `chromium` puts it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const gate = process.argv[2] ?? 'http://localhost:8084';
/** Deck's own origin, which the front door knows by default. */
const PORT = 9000;
const TIME_LIMIT_MS = 30_000;

if (!existsSync(`${here}/node_modules`)) must('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
if (!existsSync(`${here}/dist/index.html`)) must('npx', ['vite', 'build', '--logLevel=error']);

const { default: puppeteer } = await import('puppeteer-core');
const { preview } = await import('vite');
const { pages, calls } = await import('./scenario.mjs');

const failures = [];
const server = await preview({ root: here, preview: { port: PORT, strictPort: true } });
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(TIME_LIMIT_MS);
  let expected = [];
  page.on('pageerror', (error) => fail(`an error in the page: ${error.message}`));
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText;
    if (request.url().startsWith(gate) && reason !== 'net::ERR_ABORTED') fail(`${request.url()}: ${reason}`);
  });
  page.on('response', async (response) => {
    const status = response.status();
    if (!response.url().startsWith(gate) || status < 400 || expected.includes(status)) return;
    const text = await response.text().catch(() => '');
    fail(`${response.request().method()} ${response.url()} answered ${status}: ${text.slice(0, 200)}`);
  });

  for (const { path, shows } of pages) {
    await page.goto(`http://localhost:${PORT}/?gate=${gate}#${path}`, { waitUntil: 'load' });
    await page.reload({ waitUntil: 'load' });
    const shown = page.waitForFunction((text) => document.body.innerText.includes(text), {}, shows);
    await shown.then(
      () => console.log(`page ${path} shows ${JSON.stringify(shows)}`),
      () => fail(`page ${path} does not show ${JSON.stringify(shows)}`),
    );
  }
  await page.evaluate((source) => {
    window.app = `deck${Date.now().toString(36)}`;
    window.helpers = (0, eval)(`(${source})`)();
  }, helpers.toString());
  for (const { name, call, refused, gone } of calls) {
    expected = [refused, gone];
    const [status, text] = await page.evaluate(run, call.toString(), TIME_LIMIT_MS);
    if (status === (refused === undefined ? 'done' : 'failed')) console.log(`${name}: ${text.slice(0, 100)}`);
    else fail(`${name}: ${text}`);
  }
} finally {
  await browser.close();
  await server.close();
}
console.log(failures.length === 0 ? 'Deck found nothing amiss.' : `${failures.length} failures.`);
process.exit(failures.length === 0 ? 0 : 1);

function fail(text) {
  failures.push(text);
  console.error(`FAILED ${text}`);
}

function must(program, args) {
  const { status } = spawnSync(program, args, { cwd: here, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** In the page: what the calls share. */
function helpers() {
  const { deck } = window;
  const pause = () => new Promise((resolve) => setTimeout(resolve, 200));
  return {
    executions: angular.element(document).injector().get('executionService'),
    /** Sends a task as Deck does, and waits for its end. */
    done: async (sent) => {
      const task = await sent;
      await deck.TaskReader.waitUntilTaskCompletes(task, 200);
      return task.status;
    },
    until: async (id, holds) => {
      for (;;) {
        const execution = await deck.REST('/pipelines').path(id).get();
        if (holds(execution)) return execution;
        await pause();
      }
    },
  };
}

/** In the page: makes one call. */
async function run(source, limit) {
  try {
    const call = (0, eval)(`(${source})`);
    const late = new Promise((_, reject) => {
      setTimeout(() => reject(new Error(`no answer after ${limit} ms`)), limit);
    });
    const answer = await Promise.race([call(window.deck, window.helpers, window), late]);
    return ['done', JSON.stringify(answer ?? null)];
  } catch (error) {
    return ['failed', error.data === undefined ? String(error.message) : JSON.stringify(error.data)];
  }
}
