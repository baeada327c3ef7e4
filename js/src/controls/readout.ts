// The status line: what the run is doing, and the numbers that say how far to trust the picture.
// Knows nothing about controls or drawing.
import type { State } from "../kernel/feed";
import type { Kernel } from "../kernel/link";
import type { Frame, Meta, Status } from "../kernel/protocol";
import { type IconName, icon, make, setText } from "../ui/dom";
import { doubtOf, factsOf, isDoubtful, messageOf } from "../wording/run";

export interface Readout {
  node: HTMLElement;
  progress: HTMLElement;
  /** Why not to trust the picture yet, to stand above it. */
  verdict: HTMLElement;
  draw(state: State, status: Status, frame: Frame | null, kernel: Kernel): void;
}

export function createReadout(): Readout {
  const message = make("span", { class: "whylight-message-text" });
  const sign = make("span", { class: "whylight-sign" });
  const facts = make("div", { class: "whylight-facts" });
  const node = make(
    "div",
    { class: "whylight-readout", role: "status" },
    make("div", { class: "whylight-message" }, sign, message),
    facts,
  );
  const notes = make("ul", { class: "whylight-notes", "aria-label": "Notes" });
  const progress = make("div", { class: "whylight-progress" });
  const verdict = make("p", { class: "whylight-verdict", hidden: true });
  const whole = make("div", { class: "whylight-report" }, node, notes);
  let signed: IconName | "" = "";

  const draw: Readout["draw"] = (state, status, frame, kernel) => {
    const meta = frame?.meta ?? null;
    const name = kernel === "cut" || kernel === "silent" ? "queued" : signOf(state, meta);
    if (name !== signed) sign.replaceChildren(icon(name));
    signed = name;
    sign.dataset.sign = name;
    sign.title = name === "done" ? "The numbers add up; whether the model is right is another question" : "";
    setText(message, messageOf(state, status, meta, kernel));
    const doubt = state === "done" || state === "stopped" ? doubtOf(meta) : "";
    if (verdict.hidden !== (doubt === "") || verdict.textContent !== doubt)
      verdict.replaceChildren(icon("doubtful"), doubt);
    verdict.hidden = doubt === "";
    node.setAttribute("aria-busy", String(state === "running"));
    facts.replaceChildren(
      ...(meta ? factsOf(meta) : []).flatMap(({ text, title }) => [
        make("span", { class: "whylight-fact", title }, text),
        " ",
      ]),
    );
    notes.replaceChildren(...(meta?.notes ?? []).map((note) => make("li", {}, note)));
    const share = status.done && status.total ? Math.min(1, status.done / status.total) : null;
    progress.classList.toggle("whylight-progress-open", share === null);
    progress.style.setProperty("--whylight-progress", String(share ?? 1));
  };
  return { node: whole, progress, verdict, draw };
}

function signOf(state: State, meta: Meta | null): IconName {
  return state === "done" && isDoubtful(meta) ? "doubtful" : state;
}
