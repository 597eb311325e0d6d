import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { toCanaryJson } from '@gennaker/canary';
import type { Report } from './report.js';
import { PAGE_SCRIPT } from './report-script.js';

const require = createRequire(import.meta.url);
const asset = (name: string): string => readFileSync(require.resolve(`uplot/dist/${name}`), 'utf8');

interface Assets {
  chartScript: string;
  chartStyle: string;
}
let assets: Assets | undefined;

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --faint: #667; --card: #fff; --page: #f4f5f7; --line: #d9dce1; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --faint: #9aa; --card: #22262b; --page: #16191c; --line: #3a4048; } }
body { margin: 0 auto; max-width: 1100px; padding: 24px; font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--page); }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 0; display: inline; }
p { margin: 6px 0; } .faint { color: var(--faint); font-size: 13px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 16px; margin: 14px 0; }
.badge { display: inline-block; padding: 2px 10px; border-radius: 10px; color: #fff; font-weight: 600; font-size: 13px; margin-right: 8px; }
.good { background: #1a7f4b; } .bad { background: #c0362c; } .open { background: #8a6d00; } .none { background: #667; }
table { border-collapse: collapse; } td, th { padding: 3px 14px 3px 0; text-align: left; font-variant-numeric: tabular-nums; }
.charts { display: flex; flex-wrap: wrap; gap: 16px; margin-top: 8px; } .u-legend { font-size: 12px; }
`;

export interface ReportPage {
  html: string;
  /** Allows exactly the scripts of this page, and nothing from elsewhere. */
  contentSecurityPolicy: string;
}

/** One page that holds everything it needs, charts included; text is set as text, so no name can become markup. */
export function reportPage(report: Report): ReportPage {
  assets ??= { chartScript: asset('uPlot.iife.min.js'), chartStyle: asset('uPlot.min.css') };
  const { chartScript, chartStyle } = assets;
  // Within a script element only "<" could end the data early.
  const data = JSON.stringify(toCanaryJson(report)).replaceAll('<', '\\u003c');
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Canary report</title><style>${chartStyle}${STYLE}</style></head>
<body><main id="report"></main>
<script type="application/json" id="data">${data}</script>
<script>${chartScript}</script>
<script>${PAGE_SCRIPT}</script>
</body></html>
`;
  const hashes = [chartScript, PAGE_SCRIPT].map(
    (script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  );
  return {
    html,
    contentSecurityPolicy: `default-src 'none'; script-src ${hashes.join(' ')}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  };
}
