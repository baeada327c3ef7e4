// The panel of groups, "Phrases" of a text or "Regions" of a picture: how groups are scored, the drawing to select one on, what
// is known of it. Selecting never waits for Python. Knows nothing about traits, bytes or how groups are drawn.
import { isDiverging } from "../../paint/palette";
import { type GroupScene, groupScale, groupScene } from "../../scenes/groups";
import type { Look } from "../../scenes/look";
import { unitOf } from "../../scenes/unit";
import { createDisclosure, type Disclosure } from "../../ui/disclosure";
import { make, setText } from "../../ui/dom";
import { createLegend } from "../../ui/legend";
import { groupFacts, growthText, whyNoGroups } from "../../wording/groups";
import { createGroupFields } from "./fields";
import type { GroupKind } from "./kind";
import type { GroupActions, GroupsState } from "./state";

const ERASE_HINT =
  "See what the model says without these areas: the baseline takes their place, and the whole picture stays a click away";

export interface GroupsPanel {
  disclosure: Disclosure;
  draw(now: GroupsState, look: Look): void;
}

export function createGroupsPanel(kind: GroupKind, actions: GroupActions, signal: AbortSignal): GroupsPanel {
  let last: [GroupsState, Look] | null = null;
  let open = false;
  const fields = createGroupFields(actions, signal, kind.made);
  const drawing = kind.drawing(actions.select, signal);
  const legend = createLegend("right");
  const chosen = make("p", { class: "whylight-group-facts", "aria-live": "polite" });
  const erase = make(
    "button",
    { class: "whylight-button whylight-erase", title: ERASE_HINT, hidden: true },
    "Erase",
  );
  erase.addEventListener("click", () => last && actions.erase?.(erasure(...last)), { signal });
  const progress = make("p", { class: "whylight-hint" });
  const notes = make("ul", { class: "whylight-notes" });
  const missing = make("p", { class: "whylight-hint" });
  const foot = make("div", { class: "whylight-groups-foot" }, drawing.legend ? null : legend.node, progress);
  const whole = make("div", { class: "whylight-groups-whole" }, drawing.node, chosen, erase, foot, notes);
  const toggled = (now: boolean) => {
    if (now === open) return;
    open = now;
    actions.follow(open);
    if (open && last) draw(...last);
  };
  const disclosure = createDisclosure(kind.name, [fields.node, missing, whole], signal, toggled);
  disclosure.body.classList.add("whylight-groups");
  signal.addEventListener("abort", () => toggled(false), { once: true });

  const draw = (now: GroupsState, look: Look) => {
    last = [now, look];
    if (!open) return;
    const growable = isGrowable(now);
    const scene = now.groups ? groupScene(now.groups, look.selection, growable) : null;
    fields.sync(now, growable);
    missing.hidden = scene !== null;
    whole.hidden = scene === null;
    setText(missing, scene ? "" : whyNoGroups(now.frame, now.groups, now.state));
    if (!scene) return;
    const current = now.frame?.seq === now.groups?.seq;
    whole.classList.toggle("whylight-outdated", !current && now.state !== "static");
    drawing.draw(scene, look);
    const scale = groupScale(scene, isDiverging(look.colormap));
    legend.draw({ scale, unit: unitOf(scene.meta) }, look);
    erase.hidden = !actions.erase || now.state === "static" || scene.selected.length === 0;
    say(chosen, scene, kind, now.state !== "static");
    setText(progress, growthText(scene, now.state));
    notes.replaceChildren(...scene.meta.notes.map((note) => make("li", {}, note)));
  };
  return { disclosure, draw };
}

function erasure({ options }: GroupsState, { selection }: Look) {
  return { areas: [...selection], units: options.units, fill: options.baseline };
}

/** The read-out is spoken when it changes, so it is left alone when it does not. */
function say(node: HTMLElement, scene: GroupScene, kind: GroupKind, live: boolean): void {
  const facts = scene.selected.length ? groupFacts(scene, kind, live) : [{ text: kind.hint, title: "" }];
  node.classList.toggle("whylight-hint", scene.selected.length === 0);
  if (node.textContent === facts.map(({ text }) => `${text} `).join("")) return;
  node.replaceChildren(
    ...facts.flatMap(({ text, title }) => [make("span", { title: title || null }, text), " "]),
  );
}

function isGrowable({ groups, state }: GroupsState): boolean {
  const { meta } = groups ?? {};
  const idle = state === "done" || state === "stopped";
  return idle && meta !== undefined && meta.missing === "" && !meta.growing && !meta.grown;
}
