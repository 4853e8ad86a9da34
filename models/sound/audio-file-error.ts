/** Why a sound file was not read: names the file, what was found and what to do. */
export class AudioFileError extends Error {
  override name = "AudioFileError";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
