/**
 * Every explanation method by name: what it is, its parameters with their defaults, what it costs and, where it needs
 * nothing but the classifier, how its mask is built. The command line and the evaluation list what is here.
 */
import type { Tensor } from "../../models/graph/index.ts";
import {
  gradCam,
  gradientShap,
  guidedBackprop,
  guidedGradCam,
  integratedGradients,
  saliency,
  smoothGrad,
} from "./attributions.ts";
import { RELEVANCE_THRESHOLD } from "./l2i.ts";
import { attributionMask } from "./mask.ts";
import { noiseSamples, stratified } from "./noise.ts";
import type { Scene } from "./scene.ts";

export interface MethodParameter {
  /** As in `--ig-steps`: the method's name, a dash, this. */
  readonly name: string;
  readonly description: string;
  readonly default: number;
  /** Smallest and largest value that is taken. */
  readonly range: readonly [number, number];
  /** Only whole numbers are taken. */
  readonly whole: boolean;
}

/** A value for every parameter of a method, by its name. */
export type MethodSettings = Readonly<Record<string, number>>;

/** Runs through the classifier for one window. */
export interface Passes {
  readonly forward: number;
  readonly backward: number;
}

export interface ExplanationMethod {
  /** As in pack.json and on the command line. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** One sentence. */
  readonly description: string;
  readonly parameters: readonly MethodParameter[];
  /** Whether the class to explain can be chosen. */
  readonly target: boolean;
  passes(settings: MethodSettings): Passes;
  /**
   * The mask [B, ...scene.maskShape] in [0, 1]; absent where the method has weights of its own, which have to be
   * trained first.
   */
  mask?(scene: Scene, settings: MethodSettings): Tensor;
}

const LAYER: MethodParameter = {
  name: "layer",
  description: "which latent: 0 is the shallowest, -1 the deepest",
  default: -1,
  range: [-1000, 999],
  whole: true,
};

const SEED: MethodParameter = {
  name: "seed",
  description: "of the noise, which is part of the graph: the same window always gets the same mask",
  default: 1,
  range: [0, 1e9],
  whole: true,
};

/** A graph of 128 gradients loads in five seconds, one of 256 in half a minute. */
const MOST_POINTS = 128;

const samples = (count: number): MethodParameter => ({
  name: "samples",
  description: "copies of the window, one gradient each",
  default: count,
  range: [1, MOST_POINTS],
  whole: true,
});

const fixed = (forward: number, backward: number) => () => ({ forward, backward });
/** One run to find the winner, then a gradient at each of the points. */
const atPoints = (count: number) => ({ forward: 1 + count, backward: count });

export const METHODS: readonly ExplanationMethod[] = [
  {
    name: "lmac",
    title: "L-MAC",
    description: "A trained decoder reads the classifier's latents and draws the mask.",
    parameters: [],
    target: false,
    passes: fixed(1, 0),
  },
  {
    name: "lmac-plain",
    title: "L-MAC as published",
    description: "L-MAC trained with the published loss.",
    parameters: [],
    target: false,
    passes: fixed(1, 0),
  },
  {
    name: "lmac-ft",
    title: "L-MAC FT",
    description: "L-MAC after its second stage, in which clean sounds guide the mask.",
    parameters: [],
    target: false,
    passes: fixed(1, 0),
  },
  {
    name: "lmac-selective",
    title: "L-MAC, selective",
    description: "L-MAC that is asked about a class, trained to part it from other sounds.",
    parameters: [],
    target: true,
    passes: fixed(1, 0),
  },
  {
    name: "l2i",
    title: "Listen to Interpret",
    description: "The spectra of a learnt dictionary that speak for the class.",
    parameters: [
      {
        name: "threshold",
        description: "a spectrum belongs to the explanation when its relevance, at most 1, is above this",
        default: RELEVANCE_THRESHOLD,
        range: [-1, 1],
        whole: false,
      },
    ],
    target: true,
    passes: fixed(1, 0),
  },
  {
    name: "saliency",
    title: "Saliency",
    description: "How much the class's logit changes with each element.",
    parameters: [],
    target: true,
    passes: fixed(1, 1),
    mask: (scene) => attributionMask(scene, saliency(scene)),
  },
  {
    name: "smoothgrad",
    title: "SmoothGrad",
    description: "The mean saliency of noisy copies of the window.",
    parameters: [
      samples(16),
      {
        name: "noise",
        description: "standard deviation, as a share of the window's largest minus its smallest element",
        default: 0.1,
        range: [0, 1],
        whole: false,
      },
      SEED,
    ],
    target: true,
    passes: (settings) => atPoints(settings["samples"]),
    mask: (scene, { samples, noise, seed }) =>
      attributionMask(scene, smoothGrad(scene, noiseSamples(scene, samples, seed), noise)),
  },
  {
    name: "ig",
    title: "Integrated Gradients",
    description: "Gradients summed up along the way from silence to the window, times the window.",
    parameters: [
      {
        name: "steps",
        description: "points on the way (Gauss and Legendre's rule), one gradient each",
        default: 32,
        range: [1, MOST_POINTS],
        whole: true,
      },
      {
        name: "power",
        description:
          "on the spectrogram the points crowd near silence: at the share u^power of the window, u spread evenly; 1 is the published rule",
        default: 4,
        range: [1, 16],
        whole: false,
      },
    ],
    target: true,
    passes: (settings) => atPoints(settings["steps"]),
    mask: (scene, { steps, power }) => {
      // The classifier's own input is on a scale of its own (a logarithm, mostly): there the way is even already.
      const crowding = scene.place === "spectrogram" ? power : 1;
      return attributionMask(scene, integratedGradients(scene, steps, crowding));
    },
  },
  {
    name: "gradcam",
    title: "GradCAM",
    description: "The channels of one latent that speak for the class, spread over the spectrogram.",
    parameters: [LAYER],
    target: true,
    passes: fixed(1, 1),
    mask: (scene, { layer }) => attributionMask(scene, gradCam(scene, layer)),
  },
  {
    name: "guided-backprop",
    title: "Guided Backprop",
    description: "Saliency of which every ReLU lets only the positive part pass.",
    parameters: [],
    target: true,
    passes: fixed(1, 1),
    mask: (scene) => attributionMask(scene, guidedBackprop(scene)),
  },
  {
    name: "guided-gradcam",
    title: "Guided GradCAM",
    description: "Guided Backprop times GradCAM.",
    parameters: [LAYER],
    target: true,
    passes: fixed(1, 2),
    mask: (scene, { layer }) => attributionMask(scene, guidedGradCam(scene, layer)),
  },
  {
    name: "shap",
    title: "SHAP",
    description:
      "Expected gradients: as Integrated Gradients, over random points and nearly silent baselines.",
    parameters: [
      samples(16),
      {
        name: "noise",
        description:
          "of the baselines: standard deviation, as a share of the window's largest minus its smallest element",
        default: 0.01,
        range: [0, 1],
        whole: false,
      },
      SEED,
    ],
    target: true,
    passes: (settings) => atPoints(settings["samples"]),
    mask: (scene, { samples, noise, seed }) => {
      const normal = noiseSamples(scene, samples, seed);
      return attributionMask(scene, gradientShap(scene, normal, noise, stratified(samples, seed + 1)));
    },
  },
  {
    name: "all-ones",
    title: "Everything (no mask)",
    description: "A mask that keeps everything: the row that every method is read against.",
    parameters: [],
    target: false,
    passes: fixed(1, 0),
    mask: ({ g, point, maskShape }) => g.reshape(g.add(g.mul(point, 0), g.constant(1)), [-1, ...maskShape]),
  },
];

/** @throws RangeError that lists the methods there are. */
export function findMethod(name: string): ExplanationMethod {
  const method = METHODS.find((each) => each.name === name);
  if (!method) {
    throw new RangeError(
      `there is no method "${name}"; there are: ${METHODS.map((each) => each.name).join(", ")}`,
    );
  }
  return method;
}

/**
 * The method's settings: those given, and the defaults of the others.
 *
 * @throws RangeError for a parameter that the method does not have, or a value outside its range.
 */
export function methodSettings(method: ExplanationMethod, given: MethodSettings = {}): MethodSettings {
  for (const name of Object.keys(given)) {
    if (!method.parameters.some((each) => each.name === name)) {
      const known = method.parameters.map((each) => each.name).join(", ") || "none";
      throw new RangeError(`${method.name} has no parameter "${name}"; it has: ${known}`);
    }
  }
  return Object.fromEntries(
    method.parameters.map((parameter) => {
      const value = given[parameter.name] ?? parameter.default;
      const problem = parameterProblem(parameter, value);
      if (problem) throw new RangeError(`${method.name}: ${parameter.name} ${problem}`);
      return [parameter.name, value];
    }),
  );
}

/** What is wrong with a value, or undefined. */
export function parameterProblem(parameter: MethodParameter, value: number): string | undefined {
  const [low, high] = parameter.range;
  const kind = parameter.whole ? "a whole number" : "a number";
  const fits = value >= low && value <= high && (!parameter.whole || Number.isInteger(value));
  return fits ? undefined : `must be ${kind} from ${low} to ${high}, not ${value}`;
}
