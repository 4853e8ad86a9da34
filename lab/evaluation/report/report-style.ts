/** How the report looks. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --ink: #1d232b; --faint: #667080; --paper: #ffffff; --line: #dde2e9; --tint: #f3f5f8; --mark: #b3501a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e7eb; --faint: #949aa6; --paper: #111318; --line: #2c313b; --tint: #1a1e26; --mark: #fcb45a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 90rem; color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 0.3rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 0.2rem; }
p { margin: 0.2rem 0; max-width: 60rem; } .hint { color: var(--faint); font-size: 0.9em; }
details { margin: 0.8rem 0; } dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1rem; } dd { margin: 0; color: var(--faint); }
.wide { overflow-x: auto; margin-top: 0.6rem; }
table.figures { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.92em; }
.figures th, .figures td { padding: 0.25rem 0.6rem; text-align: right; white-space: nowrap; }
.figures tbody th, .figures thead th:first-child { text-align: left; font-weight: 400; }
.figures thead th { border-bottom: 1px solid var(--line); vertical-align: bottom; white-space: normal; max-width: 8.5rem; }
.figures tr.block th { padding-top: 0.9rem; color: var(--faint); font-size: 0.88em; border-bottom: 1px solid var(--line); }
.figures tbody.folded tr:not(.block) { display: none; }
.figures tr.block button { font-weight: 400; }
.figures tbody tr:not(.block):hover { background: var(--tint); }
.figures .best { font-weight: 700; color: var(--mark); }
.figures button { all: unset; cursor: pointer; font-weight: 600; } .figures button:focus-visible { outline: 2px solid var(--mark); }
.figures button.sorted { color: var(--mark); }
form { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; margin: 0.8rem 0; align-items: center; }
select { font: inherit; color: inherit; background: var(--tint); border: 1px solid var(--line); border-radius: 5px; padding: 0.2rem 0.4rem; }
article { border: 1px solid var(--line); border-radius: 10px; padding: 0.9rem 1rem 1rem; margin: 1rem 0; }
article h3 { font-size: 1rem; margin: 0 0 0.1rem; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(256px, 1fr)); gap: 1rem; margin-top: 0.7rem; }
.tile figure { margin: 0; }
.picture { position: relative; isolation: isolate; background: #000; border-radius: 5px; overflow: hidden; aspect-ratio: 2; }
.picture img { position: absolute; inset: 0; width: 100%; height: 100%; }
.picture img + img { mix-blend-mode: multiply; }
.tile h4 { font-size: 0.92rem; margin: 0 0 0.25rem; }
.tile p { font-size: 0.82rem; color: var(--faint); font-variant-numeric: tabular-nums; }
.tile dl { grid-template-columns: repeat(2, max-content 1fr); gap: 0 0.5rem; margin: 0.3rem 0 0; font-size: 0.76rem; font-variant-numeric: tabular-nums; }
.tile dt { color: var(--faint); } .tile dd { color: inherit; }
.play { font: inherit; font-size: 0.86rem; color: inherit; background: var(--tint); border: 1px solid var(--line); border-radius: 5px; padding: 0.15rem 0.6rem; margin: 0.35rem 0.4rem 0 0; cursor: pointer; }
.play[aria-pressed="true"] { border-color: var(--mark); color: var(--mark); }
`;
