/** The worker that draws the live picture: `LivePicture` on this thread's messages. */
import { VERSION } from "../../../protocol/version.ts";
import type { SpectrogramColumns } from "../../live/live-explainer.ts";
import { LivePicture } from "./live-picture.ts";
import type { FromPictureWorker, ToPictureWorker } from "./picture-messages.ts";

/** The part of DedicatedWorkerGlobalScope that is used; TypeScript can't have it beside the page's types. */
interface WorkerScope {
  postMessage(message: FromPictureWorker): void;
  onmessage: ((event: MessageEvent<ToPictureWorker>) => void) | null;
  requestAnimationFrame(draw: (now: number) => void): number;
  cancelAnimationFrame(request: number): void;
}

const scope = self as unknown as WorkerScope;
let picture: LivePicture | null = null;

scope.onmessage = ({ data }) => {
  switch (data.type) {
    case "open":
      picture = open(data.canvas);
      scope.postMessage(picture ? { type: "ready", version: VERSION } : { type: "unusable" });
      break;
    case "port":
      data.port.onmessage = ({ data: columns }: MessageEvent<SpectrogramColumns>) => {
        picture?.receive({ type: "columns", columns });
        data.port.postMessage(null);
      };
      break;
    case "count":
      scope.postMessage({ type: "drawn", pictures: picture?.pictures ?? 0 });
      break;
    default:
      picture?.receive(data);
  }
};

/** Null where workers have no animation frames or no 2D canvas (Safari before 17). */
function open(canvas: OffscreenCanvas): LivePicture | null {
  if (typeof scope.requestAnimationFrame !== "function") return null;
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) return null;
  const opened = new LivePicture(context, {
    request: (draw) => scope.requestAnimationFrame(draw),
    cancel: (request) => scope.cancelAnimationFrame(request),
  });
  canvas.addEventListener("contextrestored", () => opened.receive({ type: "repaint" }));
  return opened;
}
