import { css, html } from "lit";
import { customElement, state } from "lit/decorators.js";
import { chooseLanguage } from "./language.ts";
import { sharedStyles } from "./shared-styles.ts";
import { chooseTheme, chosenTheme, type Theme, themes } from "./theme.ts";
import { currentLanguage, isLanguage, languages, words } from "./words/words.ts";
import { WordsElement } from "./words/words-element.ts";

/** Language and colours of the page, at its top. */
@customElement("page-tools")
export class PageTools extends WordsElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
        align-items: center;
        font-size: 0.875rem;
      }
      select {
        min-height: 2.5rem;
        padding: 0.25rem 0.5rem;
      }
      /* One row beside the name, so that the page begins where it is of use. */
      @media (max-width: 40rem) {
        :host {
          flex-wrap: nowrap;
          gap: 0.375rem;
          font-size: 0.8125rem;
        }
        select {
          flex: 0 1 6rem;
          min-width: 0;
          padding-inline: 0.25rem;
        }
      }
    `,
  ];

  @state() private theme: Theme | undefined = chosenTheme(location.search);

  override render() {
    const { language, theme } = words.page;
    return html`
      <select aria-label=${language} data-choose="language" @change=${this.#languageChosen}>
        ${Object.entries(languages).map(
          ([tag, { title }]) =>
            html`<option value=${tag} lang=${tag} .selected=${tag === currentLanguage()}>${title}</option>`,
        )}
      </select>
      <select aria-label=${theme.name} data-choose="theme" @change=${this.#themeChosen}>
        <option value="" .selected=${this.theme === undefined}>${theme.system}</option>
        ${themes.map(
          (each) => html`<option value=${each} .selected=${each === this.theme}>${theme[each]}</option>`,
        )}
      </select>
    `;
  }

  #languageChosen(event: Event): void {
    const { value } = event.target as HTMLSelectElement;
    if (isLanguage(value)) chooseLanguage(value);
  }

  #themeChosen(event: Event): void {
    const { value } = event.target as HTMLSelectElement;
    this.theme = themes.find((each) => each === value);
    chooseTheme(this.theme);
  }
}
