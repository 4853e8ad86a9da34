import { css } from "lit";

/** What the monitor's views share beside the page's styles. */
export const monitorStyles = css`
  a {
    color: var(--accent-strong);
  }
  .badge {
    display: inline-block;
    padding: 0.0625rem 0.5rem;
    border: 1px solid var(--line);
    border-radius: 1rem;
    font-size: 0.8125rem;
    white-space: nowrap;
  }
  .badge.faithful {
    border-color: var(--accent);
    background: var(--tint);
    color: var(--accent-strong);
  }
  .badge.not {
    border-color: var(--warn);
    background: var(--warn-tint);
    color: var(--warn);
  }
  input[type="search"],
  input[type="datetime-local"] {
    min-height: 2.75rem;
    width: 100%;
    padding: 0.5rem 0.75rem;
    border: 1px solid var(--control);
    border-radius: 0.625rem;
    background: var(--surface);
    color: var(--ink);
    font: inherit;
  }
  .event {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 0.125rem 1rem;
    padding: 0.75rem 0.25rem;
    border-top: 1px solid var(--line);
    color: inherit;
    text-decoration: none;
  }
  .event:hover {
    background: var(--sunken);
  }
  .event strong {
    font-weight: 600;
  }
  .event .right {
    text-align: right;
  }
  ul.events {
    margin: 0.5rem 0 0;
    padding: 0;
    list-style: none;
  }
`;
