/** What a server tells of the calls of its models, in its figures for Prometheus. */
export interface ServerCalls {
  readonly windows: number;
  readonly calls: number;
}

/** So far, of all packs together; null where there is nobody to ask, or who is asked doesn't tell. */
export async function serverCalls(url: string | undefined): Promise<ServerCalls | null> {
  const response = url === undefined ? null : await fetch(url).catch(() => null);
  if (!response?.ok) return null;
  const text = await response.text();
  const sum = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, "gm"))].reduce(
      (all, [, value]) => all + Number(value),
      0,
    );
  return { windows: sum("listenable_windows_explained_total"), calls: sum("listenable_model_calls_total") };
}

/** Windows that a call had in the mean between two times; null where nobody knows, or there was none. */
export function meanBatch(before: ServerCalls | null | undefined, after: ServerCalls | null): number | null {
  if (!before || !after || after.calls <= before.calls) return null;
  return (after.windows - before.windows) / (after.calls - before.calls);
}
