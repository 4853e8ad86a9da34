/** What `<spectrogram-view>` and the thread that draws its picture tell each other. */
import type { SpectrogramColumns } from "../../live/live-explainer.ts";
import type { FrequencyScale } from "./axis.ts";
import type { Look } from "./painter.ts";

export interface PictureAxis {
  readonly bins: number;
  readonly sampleRate: number;
  /** Samples from one column to the next. */
  readonly hop: number;
  readonly scale: FrequencyScale;
  /** Height of the picture in pixels. */
  readonly rows: number;
}

export type ToPicture =
  /** Other bins, rate or hop are another stream; another scale or height shows the same columns anew. */
  | { readonly type: "axis"; readonly axis: PictureAxis }
  /** Width of the picture in columns. */
  | { readonly type: "width"; readonly width: number }
  | { readonly type: "look"; readonly look: Look }
  | { readonly type: "columns"; readonly columns: SpectrogramColumns }
  /** The browser has taken the pixels: all is drawn anew. */
  | { readonly type: "repaint" }
  /** Answered by "drawn". */
  | { readonly type: "count" };

export type ToPictureWorker =
  | ToPicture
  /** First of all. Answered by "ready" or "unusable". */
  | { readonly type: "open"; readonly canvas: OffscreenCanvas }
  /** Columns come through this port from now on, each to be answered. */
  | { readonly type: "port"; readonly port: MessagePort };

export type FromPictureWorker =
  | { readonly type: "ready"; readonly version: string }
  /** This browser's workers can't draw. */
  | { readonly type: "unusable" }
  /** Pictures so far. */
  | { readonly type: "drawn"; readonly pictures: number };
