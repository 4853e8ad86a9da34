import { css } from "lit";

/** A bar filled up to `--share`, in colour where it is `.sure`, with a mark at `--at`. */
export const barStyles = css`
  /* Pushed in rather than widened: moving costs no layout, ten times a second. */
  .fill {
    height: 100%;
    transform: translateX(calc(var(--share) - 100%));
    border-radius: inherit;
    background: var(--control);
    transition: transform var(--ease);
  }
  .sure .fill {
    background: var(--accent);
  }
  .mark {
    position: absolute;
    top: -0.1875rem;
    bottom: -0.1875rem;
    left: var(--at);
    width: 2px;
    border-radius: 1px;
    background: var(--ink);
    opacity: 0.55;
  }
`;
