/** Runs in the reader's browser: builds the page from the data in it. Plain text, so that its hash can be allowed. */
export const PAGE_SCRIPT = `
(() => {
  const report = JSON.parse(document.getElementById('data').textContent);
  const root = document.getElementById('report');
  const kinds = { Pass: 'good', High: 'bad', Low: 'bad', Fail: 'bad', Marginal: 'open', Inconclusive: 'open', NodataFailMetric: 'bad' };
  const add = (parent, tag, text, kind) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (kind) element.className = kind;
    parent.append(element);
    return element;
  };
  const badge = (parent, text) => add(parent, 'span', text, 'badge ' + (kinds[text] || 'none'));
  const number = (v) => typeof v === 'number' ? Number(v.toPrecision(4)).toString() : String(v ?? '');
  const row = (table, cells, tag) => { const tr = add(table, 'tr'); cells.forEach((c) => add(tr, tag || 'td', c)); };
  document.title = report.title;

  add(root, 'h1', report.title);
  const head = add(root, 'section');
  if (report.verdict) {
    badge(head, report.verdict.classification);
    add(head, 'h2', 'Score ' + number(report.verdict.score));
    if (report.verdict.words) add(head, 'p', report.verdict.words);
  } else {
    badge(head, report.execution.status);
    const failure = report.execution.exception;
    if (failure) add(head, 'p', failure.details.error);
  }
  const span = report.execution.startTimeIso + ' to ' + (report.execution.endTimeIso || 'now');
  add(head, 'p', 'Analysis ' + report.execution.pipelineId + ', ' + span, 'faint');
  if (report.groups.length > 0) {
    const table = add(head, 'table');
    row(table, ['Group', 'Score'], 'th');
    report.groups.forEach((g) => row(table, [g.name || '(no group)', number(g.score)]));
  }

  const blue = '#3b7ddd', orange = '#e8762c';
  const line = (label, stroke) => ({ label, stroke, width: 1.5, spanGaps: false });
  const value = (v) => typeof v === 'number' ? v : null;
  for (const metric of report.metrics) {
    const card = add(root, 'section');
    badge(card, metric.classification);
    const tags = Object.entries(metric.tags).map(([k, v]) => k + '=' + v).join(', ');
    add(card, 'h2', metric.name + (tags ? ' {' + tags + '}' : ''));
    const notes = [metric.critical && 'critical', metric.muted && 'muted', metric.groups.join(', ')].filter(Boolean).join(' · ');
    if (notes) add(card, 'span', '  ' + notes, 'faint');
    add(card, 'p', metric.words);
    const charts = add(card, 'div', undefined, 'charts');
    const start = (metric.experiment.startTimeMillis ?? 0) / 1000, step = (metric.experiment.stepMillis || 60000) / 1000;
    const length = Math.max(metric.control.values.length, metric.experiment.values.length);
    const times = Array.from({ length }, (_, i) => start + i * step);
    const points = (side) => times.map((_, i) => value(side.values[i]));
    if (length > 0) new uPlot({
      width: 640, height: 220, scales: { x: { time: metric.experiment.startTimeMillis !== undefined } },
      series: [{}, line('Baseline', blue), line('Canary', orange)],
    }, [times, points(metric.control), points(metric.experiment)], charts);
    const d = metric.distribution;
    if (d) new uPlot({
      width: 380, height: 220, scales: { x: { time: false } },
      series: [{ label: 'Value' }, { ...line('Baseline', blue), fill: blue + '33', paths: uPlot.paths.stepped({ align: 1 }) },
        { ...line('Canary', orange), fill: orange + '33', paths: uPlot.paths.stepped({ align: 1 }) }],
    }, [d.edges, [...d.control, 0], [...d.experiment, 0]], charts);
    const table = add(card, 'table');
    row(table, ['', 'min', '25 %', 'median', '75 %', '95 %', 'max'], 'th');
    for (const [name, side] of [['Baseline', metric.control], ['Canary', metric.experiment]]) {
      const q = side.quantiles;
      if (q) row(table, [name, q.min, q.p25, q.p50, q.p75, q.p95, q.max].map((v, i) => i === 0 ? v : number(v)));
    }
  }
})();
`;
