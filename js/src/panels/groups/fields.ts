// The controls of the panel of groups: how groups are scored and against what, what they are made of, and the way to a hierarchy.
// Knows nothing about scores or how groups are drawn.
import type { Target } from "../../kernel/options";
import type { Choices, TargetChoice } from "../../kernel/protocol";
import { make } from "../../ui/dom";
import { type OptionGroup, selectField, withValue } from "../../ui/fields";
import { unitsLabel } from "../../wording/groups";
import { againstOf, classOf, targetLabel } from "../../wording/settings";
import type { GroupKind } from "./kind";
import type { GroupActions, GroupsState } from "./state";

const SCORER_HINT = "How a group is scored; scores that are sums over single parts have no interactions";
const AGAINST_HINT = "Explain why the target rather than this class: the difference of their scores";
const UNITS_HINT = "What groups are made of; smaller ones are finer and take longer";
const OWN_AREAS = "own"; // of a list, in place of its numbers
const GROW_HINT = "Join parts step by step, strongest first, up to the whole input; Stop ends it";

const AREAS: Required<GroupKind>["made"] = { label: "Regions of", named: unitsLabel };

export function createGroupFields(actions: GroupActions, signal: AbortSignal, made = AREAS) {
  const parsed = (name: "against" | "units") => (value: string) => actions.ask({ [name]: JSON.parse(value) });
  const scorer = selectField("Scorer", (value) => actions.ask({ scorer: value }), signal, SCORER_HINT);
  const against = selectField("Against", parsed("against"), signal, AGAINST_HINT);
  const remake = (value: string) => {
    actions.select([]); // the numbers of the old ones
    parsed("units")(value);
  };
  const units = selectField(made.label, remake, signal, UNITS_HINT);
  const grow = make(
    "button",
    { type: "button", class: "whylight-button", title: GROW_HINT },
    "Build the hierarchy",
  );
  grow.addEventListener("click", () => actions.grow(), { signal });
  const fields = [scorer, against, units];
  const node = make("div", { class: "whylight-groups-head" }, ...fields.map((field) => field.node), grow);
  const sync = ({ choices, options, frame, groups, state }: GroupsState, growable: boolean) => {
    const explained = classOf(choices, options, frame?.meta.target);
    const rather = againstOf(choices, options, frame?.meta.target);
    const opposed = opponents(choices, rather, explained);
    scorer.offer(withValue(choices.scorers, options.scorer, groups?.meta.scorer_label), options.scorer);
    against.offer(opposed, JSON.stringify(rather));
    against.node.hidden = opposed.flatMap((group) => group.options).length < 2;
    const now = Array.isArray(options.units) ? OWN_AREAS : JSON.stringify(options.units ?? null);
    units.offer(withValue(choices.units, now, made.named(options.units)), now);
    units.node.hidden = !choices.units?.length;
    grow.hidden = !growable;
    for (const { select } of fields) select.disabled = state === "static";
  };
  return { node, sync };
}

/** No class, then every class but the one explained; one group alone where there is none to choose. */
function opponents(choices: Choices, against: Target, explained: Target): OptionGroup[] {
  const { labels, targets } = choices;
  const known = labels ? labels.map((label, value) => ({ value, label })) : (targets ?? []);
  const optionsOf = (list: TargetChoice[]) =>
    list
      .filter(({ value }) => value !== explained)
      .map(({ value, label }) => ({ value: JSON.stringify(value), label }));
  const others = typeof explained === "number" && known.length > 1 ? optionsOf(known) : [];
  const likely = others.length > (targets?.length ?? 0) ? optionsOf(targets ?? []) : [];
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
