// The panel of groups, "Phrases" of a text or "Regions" of a picture: how groups are scored, the stage to select one on, what
// is known of it. Selecting never waits for Python. Knows nothing about traits, bytes or how a stage is drawn.

import { againstOf, classOf, targetLabel } from "../../controls/target";
import type { Asked, State } from "../../kernel/feed";
import type { Choices, Frame, Groups, TargetChoice, Traits } from "../../kernel/protocol";
import { plural } from "../../numbers";
import { isDiverging } from "../../paint/palette";
import { type GroupLook, type GroupScene, groupScale, groupScene } from "../../scenes/groups";
import { unitOf } from "../../scenes/items";
import { createDisclosure, type Disclosure } from "../../ui/disclosure";
import { make, setText } from "../../ui/dom";
import { type OptionGroup, selectField } from "../../ui/fields";
import { createLegend, type Legend } from "../../ui/legend";
import type { Pick } from "../../ui/word-brush";
import { type GroupWords, groupFacts } from "../../wording/groups";

/** Where groups of one kind of input are seen and selected. */
export interface Stage {
  node: HTMLElement;
  /** Its own, where colours mean something else from one view to the next. */
  legend?: Legend;
  draw(scene: GroupScene, look: GroupLook): void;
}

/** What a kind of input brings to the panel. */
export interface GroupKind extends GroupWords {
  name: "Phrases" | "Regions";
  /** How one selects, in a sentence. */
  hint: string;
  stage(pick: Pick, signal: AbortSignal): Stage;
}

export interface GroupActions {
  /** The panel was opened or closed. */
  follow(open: boolean): void;
  ask(changes: Asked): void;
  grow(): void;
  /** Numbers of units. */
  pick: Pick;
}

/** Everything the panel shows, in the numbers of units. */
export interface GroupsNow extends GroupLook {
  frame: Frame | null;
  groups: Groups | null;
  choices: Choices;
  wanted: Wanted;
  selected: readonly number[];
  state: State;
}

interface Wanted {
  scorer: Traits["scorer"];
  target: Traits["target"];
  against: Traits["against"];
  units: Traits["units"];
}

export interface GroupsPanel {
  disclosure: Disclosure;
  draw(now: GroupsNow): void;
}

export function createGroupsPanel(kind: GroupKind, actions: GroupActions, signal: AbortSignal): GroupsPanel {
  let last: GroupsNow | null = null;
  let open = false;
  const fields = createFields(actions, signal);
  const stage = kind.stage(actions.pick, signal);
  const legend = createLegend("right");
  const chosen = make("p", { class: "whylight-group-facts", "aria-live": "polite" });
  const progress = make("p", { class: "whylight-hint" });
  const notes = make("ul", { class: "whylight-notes" });
  const missing = make("p", { class: "whylight-hint" });
  const foot = make("div", { class: "whylight-groups-foot" }, stage.legend ? null : legend.node, progress);
  const whole = make("div", { class: "whylight-groups-whole" }, stage.node, chosen, foot, notes);
  const toggled = (now: boolean) => {
    if (now === open) return;
    open = now;
    actions.follow(open);
    if (open && last) draw(last);
  };
  const disclosure = createDisclosure(kind.name, [fields.node, missing, whole], signal, toggled);
  disclosure.body.classList.add("whylight-groups");
  signal.addEventListener("abort", () => toggled(false), { once: true });

  const draw = (now: GroupsNow) => {
    last = now;
    if (!open) return;
    const scene = now.groups ? groupScene(now.groups, now.selected) : null;
    const growable = isGrowable(now);
    fields.sync(now, growable);
    missing.hidden = scene !== null;
    whole.hidden = scene === null;
    setText(missing, scene ? "" : reason(now));
    if (!scene) return;
    const current = now.frame?.seq === now.groups?.seq;
    whole.classList.toggle("whylight-outdated", !current && now.state !== "static");
    stage.draw(scene, { ...now, growable });
    const scale = groupScale(scene, isDiverging(now.colormap));
    legend.draw(scale, now.colormap, now.dark, unitOf(scene.meta));
    say(chosen, scene, kind, now.state !== "static");
    setText(progress, growth(scene, now.state));
    notes.replaceChildren(...scene.meta.notes.map((note) => make("li", {}, note)));
  };
  return { disclosure, draw };
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

function growth({ meta, levels }: GroupScene, state: State): string {
  const scored = `${plural(meta.evaluated, "group")} scored.`;
  if (meta.growing) return `Building the hierarchy: ${scored}`;
  const begun = levels.length > 0 || state === "stopped";
  return begun && !meta.grown && meta.evaluated > 0 ? `The hierarchy is not complete: ${scored}` : "";
}

function isGrowable({ groups, state }: GroupsNow): boolean {
  const { meta } = groups ?? {};
  const idle = state === "done" || state === "stopped";
  return idle && meta !== undefined && meta.missing === "" && !meta.growing && !meta.grown;
}

function reason({ groups, state, frame }: GroupsNow): string {
  if (groups?.meta.missing && groups.seq === frame?.seq) return groups.meta.missing;
  if (state === "static")
    return "The scores of groups were not saved with this picture. Run the cell, open this panel, and save again to keep them.";
  const runs = state === "queued" || state === "running";
  return runs ? "The scores appear when the run ends." : "Scoring.";
}

const SCORER_HINT = "How a group is scored; scores that are sums over single parts have no interactions";
const AGAINST_HINT = "Explain why the target rather than this class: the difference of their scores";
const UNITS_HINT = "What groups are made of; smaller ones are finer and take longer";
const OWN_AREAS = "own"; // of a list, in place of its numbers
const GROW_HINT = "Join parts step by step, strongest first, up to the whole input; Stop ends it";

function createFields(actions: GroupActions, signal: AbortSignal) {
  const parsed = (name: "against" | "units") => (value: string) => actions.ask({ [name]: JSON.parse(value) });
  const scorer = selectField("Scorer", (value) => actions.ask({ scorer: value }), signal, SCORER_HINT);
  const against = selectField("Against", parsed("against"), signal, AGAINST_HINT);
  const remade = (value: string) => {
    actions.pick([]); // the numbers of the old ones
    parsed("units")(value);
  };
  const units = selectField("Regions of", remade, signal, UNITS_HINT);
  const grow = make(
    "button",
    { type: "button", class: "whylight-button", title: GROW_HINT },
    "Build the hierarchy",
  );
  grow.addEventListener("click", () => actions.grow(), { signal });
  const fields = [scorer, against, units];
  const node = make("div", { class: "whylight-groups-head" }, ...fields.map((field) => field.node), grow);
  const sync = ({ choices, wanted, frame, groups, state }: GroupsNow, growable: boolean) => {
    const explained = classOf(choices, wanted, frame?.meta.target);
    const now = againstOf(choices, wanted, frame?.meta.target);
    const opposed = opponents(choices, now, explained);
    scorer.offer(listed(choices.scorers, wanted.scorer, groups?.meta.scorer_label), wanted.scorer);
    against.offer(opposed, JSON.stringify(now));
    against.node.hidden = opposed.flatMap(({ options }) => options).length < 2;
    const made = Array.isArray(wanted.units) ? OWN_AREAS : JSON.stringify(wanted.units ?? null);
    units.offer(listed(choices.units, made, unitsLabel(wanted.units)), made);
    units.node.hidden = !choices.units?.length;
    grow.hidden = !growable;
    for (const { select } of fields) select.disabled = state === "static";
  };
  return { node, sync };
}

function unitsLabel(units: Traits["units"]): string {
  if (Array.isArray(units)) return "Areas of your own";
  return units === 1 ? "Single pixels" : `Tiles of ${units} pixels`;
}

/** The offered choices; a value that is not among them is shown all the same. */
function listed(choices: Choices["scorers"], value: string, label: string | undefined): OptionGroup[] {
  const options = [...(choices ?? [])];
  if (!options.some((choice) => choice.value === value)) options.unshift({ value, label: label || value });
  return [{ label: "", options }];
}

/** No class, then every class but the one explained; one group alone where there is none to choose. */
function opponents(choices: Choices, against: Traits["against"], explained: Traits["target"]): OptionGroup[] {
  const { labels, targets } = choices;
  const known = labels ? labels.map((label, value) => ({ value, label })) : (targets ?? []);
  const options = (list: TargetChoice[]) =>
    list
      .filter(({ value }) => value !== explained)
      .map(({ value, label }) => ({ value: JSON.stringify(value), label }));
  const others = typeof explained === "number" && known.length > 1 ? options(known) : [];
  const likely = others.length > (targets?.length ?? 0) ? options(targets ?? []) : [];
  const own = JSON.stringify(against);
  const nothing = [{ value: "null", label: "Nothing" }];
  if (against !== null && !others.some(({ value }) => value === own))
    nothing.push({ value: own, label: targetLabel(choices, against) });
  const groups = [
    { label: "", options: nothing },
    { label: "Most likely", options: likely },
    { label: likely.length ? "All classes" : "Classes", options: others },
  ];
  return groups.filter((group) => group.options.length > 0);
}
