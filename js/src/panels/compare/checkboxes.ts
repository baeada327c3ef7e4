// What can be compared, as a group of checkboxes; the one on show above is ticked for good.
// Knows nothing about maps or how they are computed.
import { type Feed, settingKey } from "../../kernel/feed";
import type { ComputeOptions } from "../../kernel/options";
import type { Choice, Choices, Setting, SettingName } from "../../kernel/protocol";
import { number, percent } from "../../numbers";
import { make, setText } from "../../ui/dom";
import { createThumbnail } from "../../ui/thumbnail";
import { labelOf } from "../../wording/settings";

export interface Checkboxes {
  node: HTMLElement;
  sync(varied: SettingName, choices: Choices, options: ComputeOptions, feed: Feed, frozen: boolean): void;
}

interface Offered {
  setting: Setting;
  label: string;
  title: string;
  choice: Choice | null;
  main: boolean;
}

interface Box {
  input: HTMLInputElement;
  name: HTMLElement;
}

const NAMES: Record<SettingName, string> = {
  method: "Methods to compare",
  target: "Targets to compare",
  baseline: "Baselines to compare",
};

export function createCheckboxes(ask: (compare: Setting[]) => void, signal: AbortSignal): Checkboxes {
  const node = make("div", { class: "whylight-checks", role: "group" });
  let options: ComputeOptions | null = null;
  let offered = "";
  let boxes = new Map<string, Box>();
  const toggle = (event: Event) => {
    const box = event.target as HTMLInputElement;
    const setting = JSON.parse(box.value) as Setting;
    const others = (options?.compare ?? []).filter((other) => settingKey(other) !== settingKey(setting));
    ask(box.checked ? [...others, setting] : others);
  };
  node.addEventListener("change", toggle, { signal });

  const sync: Checkboxes["sync"] = (varied, choices, now, feed, frozen) => {
    options = now;
    const list = offers(varied, choices, now, feed);
    const key = JSON.stringify(list.map(({ setting, choice }) => [setting, choice?.text, !!choice?.picture]));
    if (key !== offered) {
      boxes = new Map();
      node.replaceChildren(...list.map((offer) => check(offer, boxes)));
    }
    offered = key;
    node.setAttribute("aria-label", NAMES[varied]);
    const compared = new Set((now.compare ?? []).map(settingKey));
    for (const { setting, label, main } of list) {
      const box = boxes.get(settingKey(setting));
      if (!box) continue;
      setText(box.name, label);
      box.input.checked = main || compared.has(settingKey(setting));
      box.input.disabled = main || frozen;
    }
  };
  return { node, sync };
}

/** Everything on offer for one setting, and what is compared though it is not. */
function offers(varied: SettingName, choices: Choices, options: ComputeOptions, feed: Feed): Offered[] {
  const listed = listOf(varied, choices);
  const known = new Set(listed.map(({ setting }) => settingKey(setting)));
  const current = options[varied] ?? feed.frame?.meta[varied];
  const main = typeof current === "object" ? (current?.value ?? null) : current;
  const own = (options.compare ?? []).filter((setting) => !known.has(settingKey(setting)));
  const more = own.map((setting) => {
    const frame = feed.compared.get(settingKey(setting))?.frame ?? null;
    const label = (Object.keys(setting) as SettingName[])
      .map((part) => labelOf(part, setting, choices, options, frame))
      .join(" · ");
    return { setting, label, title: "", choice: null };
  });
  const isMain = (setting: Setting) => Object.keys(setting).length === 1 && setting[varied] === main;
  return [...listed, ...more].map((offer) => ({ ...offer, main: isMain(offer.setting) }));
}

function listOf(varied: SettingName, choices: Choices): Omit<Offered, "main">[] {
  if (varied === "target") {
    return (choices.targets ?? []).map(({ value, label, probability }) => {
      const chance = probability == null ? "" : ` · ${percent(probability)}`;
      return { setting: { target: value }, label: label + chance, title: "", choice: null };
    });
  }
  const list = (varied === "method" ? choices.methods : choices.baselines) ?? [];
  return list.map((choice) => ({
    setting: { [varied]: choice.value },
    label: choice.label + (choice.score == null ? "" : ` · F(x′) ${number(choice.score)}`),
    title: choice.hint ?? "",
    choice: varied === "baseline" ? choice : null,
  }));
}

function check(offer: Offered, boxes: Map<string, Box>): HTMLElement {
  const input = make("input", { type: "checkbox", value: JSON.stringify(offer.setting) });
  const name = make("span");
  boxes.set(settingKey(offer.setting), { input, name });
  const thumbnail = createThumbnail();
  thumbnail.sync(offer.choice ?? undefined);
  return make("label", { class: "whylight-check", title: offer.title || null }, input, thumbnail.node, name);
}
