/** Sounds inside the archives of three programs, which are read whole: they are a few MB. */
import { gunzipSync } from "node:zlib";

/**
 * The WAV file of an entry of OpenTTD's `.cat`: a list of offset and length, then for each a name and a file.
 *
 * @param about how the entry's own text begins, which names it, its author and its licence.
 */
export function catSound(cat: Uint8Array, about: string): Uint8Array {
  const view = new DataView(cat.buffer, cat.byteOffset, cat.byteLength);
  // The highest bit says that the names are there.
  const start = (entry: number) => view.getUint32(8 * entry, true) & 0x7fffffff;
  for (let entry = 0; entry < start(0) / 8; entry++) {
    const at = start(entry);
    const named = at + 1 + cat[at];
    const text = new TextDecoder().decode(cat.subarray(at + 1, named - 1));
    if (text.startsWith(about)) return cat.subarray(named, named + view.getUint32(8 * entry + 4, true));
  }
  throw new Error(`no entry of the archive is called ${about}`);
}

const GROUP_HEADER = 204;
const GROUP_ENTRY = 316;
const ENTRY_COUNT_AT = 36;
const ENTRY_NAME = 260;

/** A file of OpenClonk's groups, which lie in each other: gzip with a mark of its own, a scrambled header, entries, their bytes. */
export function groupSound(group: Uint8Array, path: readonly string[]): Uint8Array {
  const [wanted, ...rest] = path;
  const bytes = unpacked(group);
  const count = new DataView(unscrambled(bytes.subarray(0, GROUP_HEADER)).buffer).getInt32(
    ENTRY_COUNT_AT,
    true,
  );
  const contents = GROUP_HEADER + GROUP_ENTRY * count;
  for (let entry = 0; entry < count; entry++) {
    const at = GROUP_HEADER + GROUP_ENTRY * entry;
    const name = new TextDecoder().decode(bytes.subarray(at, bytes.indexOf(0, at)));
    if (name !== wanted) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset + at + ENTRY_NAME);
    const from = contents + view.getInt32(16, true);
    const found = bytes.subarray(from, from + view.getInt32(8, true));
    return rest.length > 0 ? groupSound(found, rest) : found;
  }
  throw new Error(`the group has no ${wanted}`);
}

function unpacked(group: Uint8Array): Uint8Array {
  if (group[0] !== 0x1e || group[1] !== 0x8c) return group;
  const gzip = group.slice();
  gzip.set([0x1f, 0x8b]);
  return gunzipSync(gzip);
}

function unscrambled(header: Uint8Array): Uint8Array {
  const bytes = header.map((byte) => byte ^ 237);
  for (let n = 0; n + 2 < bytes.length; n += 3) [bytes[n], bytes[n + 2]] = [bytes[n + 2], bytes[n]];
  return bytes;
}

const RESOURCE_NODE = 22;
const FOLDER = 2;

/** A file of Qt's resources, stored as it is: a tree of nodes, their names, and the files with their lengths before them. */
export function resourceSound(resource: Uint8Array, path: readonly string[]): Uint8Array {
  const view = new DataView(resource.buffer, resource.byteOffset, resource.byteLength);
  const [tree, data, names] = [8, 12, 16].map((at) => view.getUint32(at));
  const node = (index: number) => tree + RESOURCE_NODE * index;
  const nameOf = (at: number) => {
    const from = names + view.getUint32(at) + 6;
    const length = view.getUint16(from - 6);
    return String.fromCharCode(...Array.from({ length }, (_, n) => view.getUint16(from + 2 * n)));
  };
  let at = node(0);
  for (const wanted of path) {
    if ((view.getUint16(at + 4) & FOLDER) === 0) throw new Error(`${wanted} is looked for in a file`);
    const [count, first] = [view.getUint32(at + 6), view.getUint32(at + 10)];
    const found = Array.from({ length: count }, (_, n) => node(first + n)).find(
      (child) => nameOf(child) === wanted,
    );
    if (found === undefined) throw new Error(`the resources have no ${wanted}`);
    at = found;
  }
  const from = data + view.getUint32(at + 10);
  return resource.subarray(from + 4, from + 4 + view.getUint32(from));
}
