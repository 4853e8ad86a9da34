import { createLiveExplainer, decide } from "listenable/live";

const show = (id, text) => {
  document.getElementById(id).textContent = text;
};

const explainer = createLiveExplainer({ pack: "./packs/everyday/" });
document.getElementById("start").onclick = () => explainer.start({ kind: "microphone" }).catch(() => {});

explainer.status$.subscribe((status) => {
  show("problem", status.state === "failed" ? `${status.problem.code}: ${status.problem.detail}` : "");
});
explainer.decisions$.subscribe(async ({ probabilities }) => {
  const { best, accepted } = decide(await explainer.pack(), probabilities);
  if (accepted) show("label", best.label);
});
