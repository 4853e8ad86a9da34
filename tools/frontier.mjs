// Draws docs/frontier.svg from the tables of docs/selective.md: node tools/frontier.mjs
import { readFileSync, writeFileSync } from "node:fs";

const folder = new URL("../docs/", import.meta.url);
const COLUMNS = [
  { name: "AI", title: "AI, %", aim: 75, better: "up", from: 70, to: 100 },
  { name: "sel, dB", title: "selectivity, dB", aim: 6, better: "up", from: 0, to: 9 },
  { name: "SI-SDRi, dB", title: "SI-SDR improvement, dB", aim: 1, better: "up", from: -5, to: 4 },
  { name: "forcing, %", title: "wrong classes heard, %", aim: 5, better: "down", from: 0, to: 17 },
];
const MOST_MASK = 0.3;
const [LEAST, MOST] = [0.18, 0.58];
const PANEL = { width: 330, height: 230, left: 46, top: 34, gapX: 74, gapY: 74 };
const KINDS = {
  inner: { colour: "#7a869a", label: "inner split" },
  fold4: { colour: "#c2410c", label: "fold 4, three seeds" },
};

const points = tables(readFileSync(new URL("selective.md", folder), "utf8"));
writeFileSync(new URL("frontier.svg", folder), picture(points));

/** Every row of every table that has a mask mean. */
function tables(markdown) {
  let kind = "inner";
  let head = null;
  const found = [];
  for (const line of markdown.split("\n")) {
    if (line.startsWith("#")) kind = /fold 4/i.test(line) ? "fold4" : "inner";
    const cells = line.startsWith("|")
      ? line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim())
      : null;
    if (!cells) head = null;
    else if (!head) head = cells;
    else if (head.includes("MM") && !/^(-+|to reach)$/.test(cells[0])) {
      const value = (name) => Number.parseFloat((cells[head.indexOf(name)] ?? "").replace("−", "-"));
      found.push({
        kind,
        values: Object.fromEntries(
          ["MM", ...COLUMNS.map(({ name }) => name)].map((name) => [name, value(name)]),
        ),
      });
    }
  }
  return found.filter(({ values }) => Number.isFinite(values.MM));
}

function picture(points) {
  const width = 2 * PANEL.width + PANEL.gapX + 2 * PANEL.left;
  const height = 2 * PANEL.height + PANEL.gapY + 2 * PANEL.top + 44;
  const panels = COLUMNS.map((column, i) => {
    const x = PANEL.left + (i % 2) * (PANEL.width + PANEL.gapX);
    const y = PANEL.top + Math.floor(i / 2) * (PANEL.height + PANEL.gapY);
    return `<g transform="translate(${x} ${y})">${panel(column, points)}</g>`;
  });
  const legend = Object.values(KINDS).map(
    ({ colour, label }, i) =>
      `<circle cx="${PANEL.left + 6 + i * 170}" cy="${height - 18}" r="5" fill="${colour}"/>` +
      `<text x="${PANEL.left + 18 + i * 170}" y="${height - 14}">${label}</text>`,
  );
  const aims = `<rect x="${PANEL.left + 360}" y="${height - 25}" width="20" height="14" fill="#16a34a" opacity="0.14"/><text x="${PANEL.left + 386}" y="${height - 14}">what was aimed at</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<title>AI, selectivity, SI-SDR improvement and wrong classes heard, against the mean of the mask</title>
<rect width="100%" height="100%" fill="white"/>
${[...panels, ...legend, aims].join("\n")}
</svg>
`;
}

function panel({ name, title, aim, better, from, to }, points) {
  const { width, height } = PANEL;
  const x = (mask) => round((width * (mask - LEAST)) / (MOST - LEAST));
  const y = (value) => round(height * (1 - (value - from) / (to - from)));
  const [top, bottom] = better === "up" ? [0, y(aim)] : [y(aim), height];
  const ticks = [from, (from + to) / 2, to].map(
    (value) => `<text x="-6" y="${y(value) + 4}" text-anchor="end" fill="#555">${round(value)}</text>`,
  );
  const marks = [0.2, 0.3, 0.4, 0.5].map(
    (mask) => `<text x="${x(mask)}" y="${height + 16}" text-anchor="middle" fill="#555">${mask}</text>`,
  );
  const dots = points
    .filter(({ values }) => Number.isFinite(values[name]))
    .map(
      ({ kind, values }) =>
        `<circle cx="${x(values.MM)}" cy="${y(values[name])}" r="5" fill="${KINDS[kind].colour}" fill-opacity="0.8"/>`,
    );
  return [
    `<rect x="0" y="${top}" width="${x(MOST_MASK)}" height="${round(bottom - top)}" fill="#16a34a" opacity="0.14"/>`,
    `<rect width="${width}" height="${height}" fill="none" stroke="#999"/>`,
    `<text x="0" y="-10" font-weight="bold">${title}</text>`,
    `<text x="${width}" y="${height + 32}" text-anchor="end">mask mean</text>`,
    ...ticks,
    ...marks,
    ...dots,
  ].join("");
}

function round(value) {
  return Math.round(10 * value) / 10;
}
