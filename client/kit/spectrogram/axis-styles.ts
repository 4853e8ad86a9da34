import { css } from "lit";

/** Frequencies at the left and times below a picture; `--at` is where each stands. */
export const axisStyles = css`
  .axis {
    position: relative;
    color: var(--soft);
    font-size: 0.75rem;
    line-height: 1;
    font-variant-numeric: tabular-nums;
  }
  .axis span {
    position: absolute;
    white-space: nowrap;
  }
  .frequency span {
    top: clamp(0px, var(--at) - 0.375rem, 100% - 0.75rem);
    right: 0;
  }
  .time {
    grid-column: 2;
    margin-top: 0.375rem;
  }
  .time span {
    left: var(--at);
    transform: translateX(-50%);
  }
`;
