import { html } from "lit";
import { percent } from "../../../client/kit/format.ts";
import { words } from "../../../client/kit/words/words.ts";
import type { ListedEvent } from "../../protocol.ts";
import { classesText, lengthText, placeText, timeText } from "../words.ts";

/** One event as a line of a list, a link to its page. */
export function eventLine({ event, review }: ListedEvent) {
  const { faithfulness, classes } = event;
  return html`
    <li>
      <a class="event" href=${`#/event/${event.id}`} data-id=${event.id}>
        <strong>${classesText(event)}</strong>
        <span class="right">${percent(classes[0].confidence)}</span>
        <span class="soft">${timeText(event.at)} · ${placeText(event)} · ${lengthText(event)}</span>
        <span class="right">
          ${review ? html`<span class="badge">${words.monitor.reviews[review]}</span>` : ""}
          ${
            faithfulness
              ? html`<span class="badge ${faithfulness.badge}">${words.monitor.badges[faithfulness.badge]}</span>`
              : ""
          }
        </span>
      </a>
    </li>
  `;
}
