/** What runs in a shared moment's page: bundled into one script that is written into the file. */
import { Playback } from "./playback.ts";

const find = <E extends HTMLElement>(selector: string) => document.querySelector<E>(selector);
const all = <E extends HTMLElement>(selector: string) => [...document.querySelectorAll<E>(selector)];

const elements = all<HTMLAudioElement>("audio");
const choices = all<HTMLInputElement>("input[name=sound]");
const cursors = all<HTMLElement>(".cursor");
const button = find<HTMLButtonElement>("#play");
const loop = find<HTMLInputElement>("#loop");
const match = find<HTMLInputElement>("#match");
if (button && loop && match) connect(button, loop, match);

function connect(play: HTMLButtonElement, repeat: HTMLInputElement, level: HTMLInputElement): void {
  const playback = new Playback(elements, {
    chosen: () => choices.findIndex((choice) => choice.checked),
    matched: () => level.checked,
    repeated: () => repeat.checked,
    onChange: (playing) => {
      play.textContent = play.dataset[playing ? "stop" : "play"] ?? "";
      document.body.dataset["playing"] = playing ? "yes" : "";
    },
    onPosition: (share) => {
      for (const cursor of cursors) showCursor(cursor, share);
    },
  });
  play.addEventListener("click", () => playback.toggle());
  for (const choice of [...choices, level]) choice.addEventListener("change", () => playback.apply());
  repeat.addEventListener("change", () => playback.apply());
  document.addEventListener("keydown", (event) => {
    const choice = choiceOf(event);
    if (!choice) return;
    choice.checked = true;
    playback.apply();
  });
}

/** Sounds are chosen by their number or their letter. */
function choiceOf(event: KeyboardEvent): HTMLInputElement | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  return choices[Number(event.key) - 1] ?? choices["ABCDE".indexOf(event.key.toUpperCase())];
}

/** @param share of the sound that has been played; null while nothing plays. */
function showCursor(cursor: HTMLElement, share: number | null): void {
  const { left, right } = cursor.dataset;
  cursor.hidden = share === null;
  cursor.style.left = `${Number(left) + (share ?? 0) * (Number(right) - Number(left))}%`;
}
