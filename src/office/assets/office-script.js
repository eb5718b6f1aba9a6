/*
 * What scripts add, and nothing else needs: the age of a page that was left open, and charts, drawn from the tables beside them.
 */
'use strict';
(function () {
  const made = document.getElementById('made');
  const old = document.getElementById('old');
  if (made && old) {
    const begun = performance.now();
    setInterval(function () {
      const minutes = Math.floor((performance.now() - begun) / 60000);
      const words = minutes < 2 ? '' : `, ${minutes} minutes ago; reload for what came since`;
      if (old.textContent !== words) old.textContent = words;
    }, 10000);
  }

  /** By the figure that each stands in. */
  const charts = new Map();
  const figures = Array.from(document.querySelectorAll('[data-chart-of]'));
  if (figures.length === 0 || !window.uPlot) return;

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  }

  /** Columns of the table; the first one are times. */
  function columnsOf(table) {
    const rows = Array.from(table.tBodies[0].rows);
    const headings = Array.from(table.tHead.rows[0].cells, (cell) => cell.textContent.trim());
    return headings.map((heading, index) => ({
      heading,
      values: rows.map((row) => {
        const cell = row.cells[index];
        if (index > 0) return Number(cell.textContent.replace(/\D/g, ''));
        return Date.parse(cell.querySelector('time').dateTime) / 1000;
      }),
    }));
  }

  /** What stands below the chart: days, or hours where it is about few days. */
  function days(_, seconds) {
    const isByDay = seconds.length < 2 || seconds[1] - seconds[0] >= 86400;
    return seconds.map((one) =>
      new Date(one * 1000)
        .toISOString()
        .slice(5, isByDay ? 10 : 16)
        .replace('T', ' '),
    );
  }

  function draw(figure) {
    const table = document.querySelector(`#${figure.dataset.chartOf} table`);
    if (!table) return;
    const tones = figure.dataset.tones.split(' ');
    const [times, ...lines] = columnsOf(table);
    const axis = {
      stroke: colour('soft'),
      grid: { stroke: colour('line') },
      ticks: { stroke: colour('line') },
    };
    charts.get(figure)?.destroy();
    charts.set(
      figure,
      new uPlot(
        {
          width: figure.clientWidth,
          height: 280,
          // half of the last word below
          padding: [null, 40, null, null],
          tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
          axes: [{ ...axis, values: days, space: 90 }, axis],
          scales: { y: { range: (_, __, most) => [0, Math.max(most * 1.05, 1)] } },
          series: [
            { label: times.heading, value: '{YYYY}-{MM}-{DD} {HH}:{mm}' },
            ...lines.map(({ heading }, index) => ({
              label: heading,
              stroke: colour(tones[index]),
              width: 2,
              dash: [[], [8, 4], [2, 3]][index % 3],
              points: { show: false },
              paths: uPlot.paths.stepped({ align: 1 }),
            })),
          ],
        },
        [times.values, ...lines.map(({ values }) => values)],
        figure,
      ),
    );
  }

  function drawAll() {
    for (const figure of figures) draw(figure);
  }
  drawAll();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
  let pause;
  let width = innerWidth;
  addEventListener('resize', function () {
    if (width === innerWidth) return;
    width = innerWidth;
    clearTimeout(pause);
    pause = setTimeout(drawAll, 150);
  });
})();
