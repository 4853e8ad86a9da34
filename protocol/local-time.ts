/** "2026-07-14 08:30:15 +02:00": the clock on the wall where this runs, and how far it is from UTC. */
export function localTime(date: Date): string {
  if (Number.isNaN(date.getTime())) return "an unknown time";
  const east = -date.getTimezoneOffset();
  const wall = new Date(date.getTime() + east * 60_000).toISOString().slice(0, 19).replace("T", " ");
  const offset = Math.abs(east);
  return `${wall} ${east < 0 ? "-" : "+"}${two(Math.floor(offset / 60))}:${two(offset % 60)}`;
}

/** "2026-07-14", by the same clock. */
export function localDay(date: Date): string {
  return localTime(date).slice(0, 10);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
