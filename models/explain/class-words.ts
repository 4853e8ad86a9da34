/** English everyday words for what packs call their classes. */

/** By the labels of the released packs, as within a sentence. */
export const CLASS_WORDS = {
  dog: "dog",
  rooster: "rooster",
  pig: "pig",
  cow: "cow",
  frog: "frog",
  cat: "cat",
  hen: "hen",
  insects: "buzzing insects",
  sheep: "sheep",
  crow: "crow",
  rain: "rain",
  sea_waves: "sea waves",
  crackling_fire: "crackling fire",
  crickets: "crickets",
  chirping_birds: "chirping birds",
  water_drops: "water drops",
  wind: "wind",
  pouring_water: "pouring water",
  toilet_flush: "toilet flush",
  thunderstorm: "thunderstorm",
  crying_baby: "crying baby",
  sneezing: "sneezing",
  clapping: "clapping",
  breathing: "breathing",
  coughing: "coughing",
  footsteps: "footsteps",
  laughing: "laughing",
  brushing_teeth: "brushing teeth",
  snoring: "snoring",
  drinking_sipping: "drinking",
  door_wood_knock: "knock at a door",
  mouse_click: "mouse click",
  keyboard_typing: "typing",
  door_wood_creaks: "creaking door",
  can_opening: "opening a can",
  washing_machine: "washing machine",
  vacuum_cleaner: "vacuum cleaner",
  clock_alarm: "alarm clock",
  clock_tick: "clock tick",
  glass_breaking: "breaking glass",
  helicopter: "helicopter",
  chainsaw: "chainsaw",
  siren: "siren",
  car_horn: "car horn",
  engine: "engine",
  train: "train",
  church_bells: "church bells",
  airplane: "airplane",
  fireworks: "fireworks",
  hand_saw: "handsaw",
  speech: "speech",
  music: "music",
};

/**
 * A class as within a sentence; one without a word as its pack has it: "coffee_machine" → "coffee machine".
 *
 * @param words those of another language.
 */
export function classWords(label: string, words: Readonly<Record<string, string>> = CLASS_WORDS): string {
  return Object.hasOwn(words, label) ? words[label] : label.replaceAll("_", " ");
}
