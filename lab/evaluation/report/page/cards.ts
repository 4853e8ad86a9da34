/** The clips' cards: pictures, sounds and figures, in the order that was chosen. */
import { classWords } from "../../../../models/explain/class-words.ts";
import type { MethodPortrait, PackedSound, ReportCard, ReportData } from "../report-data.ts";
import { element, percent, picture } from "./elements.ts";
import { Player } from "./player.ts";
import { compared } from "./sorting.ts";

/** Nothing where the report has no cards. */
export function showCards(data: ReportData): void {
  const form = document.getElementById("choice") as HTMLFormElement | null;
  const list = document.getElementById("cards");
  const loud = document.getElementById("loud") as HTMLInputElement | null;
  if (!form || !list) return;
  const select = (name: string) => form.elements.namedItem(name) as HTMLSelectElement;
  select("setting").append(new Option("all", ""));
  for (const { name, title } of data.settings) select("setting").append(new Option(title, name));
  for (const { name, heading } of data.metrics) select("metric").append(new Option(heading, name));
  for (const { name, title } of data.methods) select("method").append(new Option(title, name));
  select("metric").value = "ad";
  const cards = new Cards(data, new Player(() => loud?.checked ?? false));
  const show = () => {
    const [setting, metric, method, order] = ["setting", "metric", "method", "order"].map(
      (name) => select(name).value,
    );
    cards.player.stop();
    list.replaceChildren(
      ...cards.sorted(setting, metric, method, order === "worst").map((card) => cards.drawn(card)),
    );
  };
  form.addEventListener("change", show);
  show();
}

class Cards {
  constructor(
    private readonly data: ReportData,
    readonly player: Player,
  ) {}

  /** @param setting of the cards; all of them where it is empty. */
  sorted(setting: string, metric: string, method: string, worst: boolean): ReportCard[] {
    const found = this.data.metrics.find(({ name }) => name === metric);
    if (!found) return [];
    const shown = ({ rows }: ReportCard) => rows[method]?.[found.name] ?? Number.NaN;
    const sign = (found.better === "up" ? 1 : -1) * (worst ? 1 : -1);
    const cards = this.data.cards.filter((card) => setting === "" || card.setting === setting);
    return cards.sort((a, b) => compared(shown(a), shown(b), sign));
  }

  drawn(card: ReportCard): HTMLElement {
    const { portrait } = card;
    const { label, probability } = portrait.answer;
    const setting = this.data.settings.find(({ name }) => name === card.setting)?.title ?? card.setting;
    const article = element("article");
    article.append(
      element("h3", `${card.label ? `${classWords(card.label)} · ` : ""}${card.clip}`),
      element(
        "p",
        `${setting} · from ${portrait.start.toFixed(1)} s · heard as ${classWords(label)}, ${percent(probability)}`,
      ),
    );
    const tiles = element("div");
    tiles.className = "tiles";
    const original = tile("The sound");
    original.append(picture(portrait.spectrogram), this.player.button("original", portrait, portrait.sound));
    tiles.append(original);
    for (const method of portrait.methods) {
      if (method.sound) tiles.append(this.#methodTile(card, method, method.sound));
    }
    article.append(tiles);
    return article;
  }

  #methodTile(card: ReportCard, method: MethodPortrait, sound: PackedSound): HTMLElement {
    const { portrait } = card;
    const made = tile(this.data.methods.find(({ name }) => name === method.name)?.title ?? method.name);
    made.append(
      picture(portrait.spectrogram, method.mask),
      this.player.button("explanation", portrait, sound),
      this.player.button("rest", portrait, portrait.sound, sound),
      element(
        "p",
        `that class from the explanation: ${percent(method.kept)}, from the rest: ${percent(method.rest)}`,
      ),
      this.#figures(card, method.name),
    );
    return made;
  }

  /** The clip's figures, over all of it. */
  #figures(card: ReportCard, method: string): HTMLElement {
    const row = card.rows[method] ?? {};
    const names = element("dl");
    for (const { name, heading, digits } of this.data.metrics) {
      const value = row[name];
      if (typeof value !== "number") continue;
      names.append(element("dt", heading), element("dd", value.toFixed(digits)));
    }
    return names;
  }
}

function tile(title: string): HTMLElement {
  const box = element("div");
  box.className = "tile";
  box.append(element("h4", title));
  return box;
}
