import { html, nothing } from "lit";

/** One choice out of a few, each seen. */
interface RadioRow<Value extends string | number> {
  /** Of the group, within its element. */
  readonly name: string;
  readonly legend: string;
  /** How the legend looks: unseen (still spoken), soft, or as a heading. */
  readonly legendStyle?: "visually-hidden" | "soft" | undefined;
  readonly values: readonly Value[];
  readonly chosen: Value | null | undefined;
  /** What stands on a choice. */
  readonly face: (value: Value, position: number) => unknown;
  readonly onChoose: (value: Value) => void;
  /** What is spoken in place of the face. */
  readonly spoken?: (value: Value) => string;
  /** The keys that choose it, as `aria-keyshortcuts` wants them; nothing where keys do not switch. */
  readonly keys?: ((position: number) => string) | undefined;
  readonly disabled?: (value: Value) => boolean;
  /** A class of the whole group, for an element's own layout. */
  readonly layout?: string;
}

/** A radio group drawn as a row of buttons (`.choices` of `sharedStyles`): the inputs stay real, so keys and names work. */
export function radioRow<Value extends string | number>(row: RadioRow<Value>) {
  const choice = (value: Value, position: number) => html`
    <label>
      <input
        type="radio"
        name=${row.name}
        value=${value}
        .checked=${row.chosen === value}
        ?disabled=${row.disabled?.(value) ?? false}
        aria-label=${row.spoken?.(value) ?? nothing}
        aria-keyshortcuts=${row.keys?.(position) ?? nothing}
        @change=${() => row.onChoose(value)}
      /><span class="face">${row.face(value, position)}</span>
    </label>
  `;
  return html`
    <fieldset class=${row.layout ?? nothing}>
      <legend class=${row.legendStyle ?? nothing}>${row.legend}</legend>
      <div class="choices">${row.values.map(choice)}</div>
    </fieldset>
  `;
}
