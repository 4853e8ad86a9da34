import { createLiveExplainer } from "listenable/live";

const show = (id, text) => {
  document.getElementById(id).textContent = text;
};

const explainer = createLiveExplainer({ pack: "./packs/esc10-speech/" });
document.getElementById("start").onclick = () => explainer.start({ kind: "microphone" }).catch(() => {});

explainer.status$.subscribe((status) => {
  show("problem", status.state === "failed" ? `${status.problem.code}: ${status.problem.detail}` : "");
});
explainer.decisions$.subscribe(async ({ probabilities }) => {
  const { labels, threshold } = await explainer.pack();
  const best = probabilities.indexOf(Math.max(...probabilities));
  if (probabilities[best] >= threshold) show("label", labels[best]);
});
