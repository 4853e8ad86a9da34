/**
 * Seconds from the context to the loudspeaker; null where the browser doesn't tell. Firefox is not asked: it holds its audio
 * graph until the sound server answers, which may wait for the worklet, which waits for the graph, and then the page stands
 * still for good. Seen in Firefox 153 with PulseAudio at every start, and in a context of buffers alone beside one with a worklet.
 */
export function outputLatency(context: AudioContext): number | null {
  if (navigator.userAgent.includes("Firefox/")) return null;
  return (context.outputLatency as number | undefined) ?? null;
}
