/** A moment as one HTML file that plays and shows it anywhere, without a network and without this page. */
import { writeWav } from "../../../../dsp/wav.ts";
import script from "./main.ts?script";

export interface SharedSound {
  readonly title: string;
  /** The span alone. */
  readonly samples: Float32Array;
  /** What brings it to the loudness of the others. */
  readonly gain: number;
}

interface SharedPicture {
  readonly title: string;
  /** For those who don't see it. */
  readonly description: string;
  /** A `data:` address. */
  readonly image: string;
  /** Where the plot lies in it, in percent of its width. */
  readonly left: number;
  readonly right: number;
  /** What the figures are about. */
  readonly says: string;
  /** Name and value of what the classifier says. */
  readonly figures: readonly (readonly [string, string])[];
}

interface SharedMoment {
  /** Of the texts, such as "en". */
  readonly language: string;
  readonly title: string;
  readonly sentence: string;
  readonly words: {
    readonly play: string;
    readonly stop: string;
    readonly loop: string;
    readonly match: string;
    readonly sounds: string;
    readonly keys: string;
    readonly each: string;
    readonly facts: string;
  };
  readonly sampleRate: number;
  /** The first is chosen to begin with. */
  readonly sounds: readonly SharedSound[];
  readonly pictures: readonly SharedPicture[];
  /** Goes into the file as JSON. */
  readonly facts: unknown;
}

/** Nothing is fetched and nothing is sent: the file holds all it needs. */
const POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  "img-src data:",
  "media-src data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --accent: light-dark(#8a2a7e, #fea277); --soft: light-dark(#625c6e, #aaa3b8); }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem clamp(.75rem, 3vw, 2rem) 3rem; max-width: 72rem; font: 1rem/1.5 system-ui, sans-serif;
  background: light-dark(#f6f4f1, #131118); color: light-dark(#211d2b, #edeaf2); }
h1 { margin: 0; font-size: 1.5rem; } h2 { margin: 0 0 .5rem; font-size: 1rem; } h3 { margin: .75rem 0 0; font-size: .9375rem; }
p { margin: .25rem 0 1rem; color: var(--soft); }
section, .player { margin-top: 1rem; padding: 1rem; border: 1px solid var(--line); border-radius: .875rem;
  background: light-dark(#fff, #1c1923); }
.player { position: sticky; z-index: 1; top: 0; display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; align-items: center; }
fieldset { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 0; padding: 0; border: 0; }
legend { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
label { display: inline-flex; gap: .375rem; align-items: center; min-height: 2.25rem; cursor: pointer; }
input { accent-color: var(--accent); }
button { min-width: 6rem; min-height: 2.75rem; border: 0; border-radius: .625rem; background: var(--accent);
  color: light-dark(#fff, #2a1207); font: inherit; font-weight: 600; cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 0 1rem; }
.picture { position: relative; } .picture img { display: block; width: 100%; border-radius: .5rem; }
.cursor { position: absolute; top: 0; bottom: 0; width: 2px; background: #7ff4e0; }
dl { display: grid; grid-template-columns: 1fr auto; gap: .25rem 1rem; margin: .25rem 0 0; }
dd { margin: 0; font-variant-numeric: tabular-nums; text-align: right; }
details { margin-top: 1rem; } summary { cursor: pointer; } audio { display: block; width: 100%; margin: .25rem 0 .75rem; }
pre { overflow: auto; max-height: 24rem; font-size: .8125rem; }
`;

export function sharedPage(moment: SharedMoment): string {
  const { words, sounds, pictures } = moment;
  const json = JSON.stringify(moment.facts, null, 2);
  const choices = sounds.map(
    ({ title }, k) =>
      `<label><input type="radio" name="sound"${k === 0 ? " checked" : ""}>${escaped(title)}</label>`,
  );
  const players = sounds.map(
    ({ title, samples, gain }, k) =>
      `<label for="sound-${k}">${escaped(title)}</label>` +
      `<audio id="sound-${k}" controls preload="metadata" data-gain="${gain.toFixed(4)}" src="${wavAddress(samples, moment.sampleRate)}"></audio>`,
  );
  return `<!doctype html>
<html lang="${escaped(moment.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(moment.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(moment.title)}</h1>
<p>${escaped(moment.sentence)}</p>
<div class="player">
<button id="play" data-play="${escaped(words.play)}" data-stop="${escaped(words.stop)}">${escaped(words.play)}</button>
<fieldset><legend>${escaped(words.sounds)}</legend>${choices.join("")}</fieldset>
<label><input type="checkbox" id="loop" checked>${escaped(words.loop)}</label>
<label><input type="checkbox" id="match" checked>${escaped(words.match)}</label>
<small>${escaped(words.keys)}</small>
</div>
<div class="pictures">
${pictures.map(pictureSection).join("\n")}
</div>
<details><summary>${escaped(words.each)}</summary>${players.join("\n")}</details>
<details><summary>${escaped(words.facts)}</summary><pre>${escaped(json)}</pre></details>
<script type="application/json" id="moment">${json.replaceAll("<", "\\u003c")}</script>
<script>${script}</script>
</body>
</html>
`;
}

function pictureSection({ title, description, image, left, right, says, figures }: SharedPicture): string {
  const rows = figures.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`);
  return (
    `<section><h2>${escaped(title)}</h2><div class="picture">` +
    `<img src="${escaped(image)}" alt="${escaped(description)}">` +
    `<span class="cursor" data-left="${left.toFixed(3)}" data-right="${right.toFixed(3)}" hidden></span></div>` +
    `<h3>${escaped(says)}</h3><dl>${rows.join("")}</dl></section>`
  );
}

/** 16 bits are enough to listen to, and every browser reads them. */
function wavAddress(samples: Float32Array, sampleRate: number): string {
  const bytes = writeWav([samples], sampleRate);
  let text = "";
  const PIECE = 32_768;
  for (let at = 0; at < bytes.length; at += PIECE) {
    text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  }
  return `data:audio/wav;base64,${btoa(text)}`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
