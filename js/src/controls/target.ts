// The choice of what is explained, and of what it is explained against: two lists with a search.
// Knows nothing about models or how a target is computed.
import type { Target, TargetOptions } from "../kernel/options";
import type { Choices, Meta } from "../kernel/protocol";
import { percent } from "../numbers";
import { icon, make, setAttribute } from "../ui/dom";
import { Combobox } from "../ui/list/combobox";
import { answersOf, chanceOf, isChoice, nameOf, shownOf } from "../wording/answers";
import { againstOf, targetLabel } from "../wording/settings";
import { opponentGroups, targetGroups } from "./target-items";

export interface TargetField {
  node: HTMLElement;
  sync(choices: Choices, options: TargetOptions, explained: Meta["target"] | undefined, still: boolean): void;
}

export function createTargetField(
  ask: (changes: Partial<TargetOptions>) => void,
  signal: AbortSignal,
): TargetField {
  const target = new Combobox("Target", (value) => ask({ target: JSON.parse(value) }), signal);
  const subtract = (value: string) => ask({ against: JSON.parse(value) });
  const against = new Combobox("Against", subtract, signal, "rather than …");
  const remove = make("button", { type: "button", class: "whylight-tool whylight-remove" }, icon("error"));
  const end = () => {
    against.input.focus(); // the button goes away
    ask({ against: null });
  };
  remove.addEventListener("click", end, { signal });
  const rather = make("span", { class: "whylight-quiet" }, "rather than");
  const contrast = make("span", { class: "whylight-contrast" }, rather, against.node, remove);
  const why = make("span", { class: "whylight-quiet" }, "Why");
  const node = make("div", { class: "whylight-question" }, why, target.node, contrast);

  const sync: TargetField["sync"] = (choices, options, explained, still) => {
    const opposed = againstOf(choices, options, explained);
    const shown = shownOf(choices, options, explained);
    const groups = () => targetGroups(choices, shown, explained);
    target.offer(groups, { value: JSON.stringify(shown), ...wordsOf(choices, shown, explained) });
    const others = () => opponentGroups(choices, shown, opposed);
    const named = opposed === null ? "" : targetLabel(choices, opposed);
    const title = named
      ? `Why the target rather than ${named}`
      : "Explain the difference from another answer";
    against.offer(others, { value: JSON.stringify(opposed), text: named, title });
    rather.hidden = remove.hidden = opposed === null;
    setAttribute(remove, "aria-label", `Remove contrast with ${named}`);
    setAttribute(remove, "title", "Explain the target alone");
    contrast.hidden = opposed === null && !(typeof shown === "number" && isChoice(choices));
    node.hidden = contrast.hidden && !isChoice(choices);
    target.input.disabled = against.input.disabled = remove.disabled = still;
  };
  return { node, sync };
}

function wordsOf(choices: Choices, shown: Target, explained: Meta["target"] | undefined) {
  const name = nameOf(choices, shown, explained);
  const chance = chanceOf(choices, shown);
  const whole = chance === null ? name : `${name} · ${percent(chance)}`;
  const told = answersOf(choices, shown, null).classes.some(({ explained }) => explained); // by its bar
  return { text: told ? name : whole, title: `${whole}: what is explained; type to search` };
}
