// Plots of callers by part of the day or period: bars of today, a line of the time before, the service level above.
// The numbers stand in the tables too; a plot is only their picture.

const drawn = new Map();

export function drawPlots() {
  for (const [element, plot] of drawn) {
    if (element.isConnected) continue;
    plot.destroy();
    drawn.delete(element);
  }
  for (const element of document.querySelectorAll("[data-plot]")) {
    if (!drawn.has(element)) drawn.set(element, draw(element));
  }
}

function draw(element) {
  const data = JSON.parse(element.dataset.plot);
  const names = JSON.parse(element.dataset.names);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const language = document.documentElement.lang;
  const clock = element.dataset.step === "half_hour" || element.dataset.step === "hour";
  const form = new Intl.DateTimeFormat(
    language,
    clock
      ? { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: element.dataset.zone }
      : { day: "numeric", month: "short", timeZone: element.dataset.zone },
  );
  const step = data.x.length > 1 ? data.x[1] - data.x[0] : 1800;
  const stacked = data.answered.map((value, i) => (value === null ? null : value + (data.lost[i] ?? 0)));
  const axis = { stroke: colour("--muted"), font: "12px system-ui", ticks: { show: false } };
  const plot = new uPlot(
    {
      width: element.clientWidth,
      height: element.clientHeight,
      padding: [12, 0, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: false } },
      scales: {
        x: { time: true, range: (_plot, low, high) => [low - step / 2, high + step / 2] },
        y: { range: (_plot, _low, high) => [0, Math.max(4, Math.ceil((high ?? 0) * 1.15))] },
        "%": { range: [0, 1.02] },
      },
      axes: [
        { ...axis, space: 64, grid: { show: false }, values: (_plot, marks) => marks.map((at) => form.format(at * 1000)) },
        {
          ...axis,
          size: 40,
          grid: { stroke: colour("--line"), width: 1 },
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
        },
        {
          ...axis,
          scale: "%",
          side: 1,
          size: 46,
          grid: { show: false },
          splits: () => [0, 0.5, 1],
          values: (_plot, marks) => marks.map((mark) => `${Math.round(mark * 100)}%`),
        },
      ],
      series: [
        {},
        { label: names.lost, fill: colour("--bad"), width: 0, paths: uPlot.paths.bars({ size: [0.62, 48] }), points: { show: false } },
        { label: names.answered, fill: colour("--accent"), width: 0, paths: uPlot.paths.bars({ size: [0.62, 48] }), points: { show: false } },
        { label: names.before, stroke: colour("--line-strong"), width: 1.5, dash: [5, 4], points: { show: false } },
        { label: names.level, scale: "%", stroke: colour("--ok"), width: 2, spanGaps: true, points: { show: true, size: 5, fill: colour("--ok") } },
      ],
      plugins: [told(element, names, form, data)],
    },
    [data.x, stacked, data.answered, data.before, data.level],
    element,
  );
  new ResizeObserver(() => {
    if (element.isConnected && element.clientWidth) plot.setSize({ width: element.clientWidth, height: element.clientHeight });
  }).observe(element);
  return plot;
}

// What the pointer is over, in words.
function told(element, names, form, data) {
  const box = document.createElement("div");
  box.className = "plot-told small";
  box.hidden = true;
  return {
    hooks: {
      init: (plot) => plot.over.append(box),
      setCursor: (plot) => {
        const index = plot.cursor.idx;
        box.hidden = index === null || index === undefined;
        if (box.hidden) return;
        const percent = data.level[index];
        const lines = [
          form.format(data.x[index] * 1000),
          `${names.answered}: ${data.answered[index] ?? "–"}`,
          `${names.lost}: ${data.lost[index] ?? "–"}`,
          `${names.before}: ${data.before[index] ?? "–"}`,
          `${names.level}: ${percent === null ? "–" : `${Math.round(percent * 100)}%`}`,
        ];
        box.replaceChildren(
          ...lines.map((line) => {
            const row = document.createElement("div");
            row.textContent = line;
            return row;
          }),
        );
        const right = plot.cursor.left > plot.over.clientWidth / 2;
        box.style.left = right ? "" : `${plot.cursor.left + 12}px`;
        box.style.right = right ? `${plot.over.clientWidth - plot.cursor.left + 12}px` : "";
      },
    },
  };
}
