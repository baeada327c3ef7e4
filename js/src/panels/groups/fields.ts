// The controls of the panel of groups: how groups are scored, what they are made of, and the way to a hierarchy.
// Knows nothing about scores or how groups are drawn.
import { make } from "../../ui/dom";
import { selectField, withValue } from "../../ui/fields";
import { unitsLabel } from "../../wording/groups";
import type { GroupKind } from "./kind";
import type { GroupActions, GroupsState } from "./state";

const SCORER_HINT = "How a group is scored; scores that are sums over single parts have no interactions";
const UNITS_HINT = "What groups are made of; smaller ones are finer and take longer";
const OWN_AREAS = "own"; // of a list, in place of its numbers
const GROW_HINT = "Join parts step by step, strongest first, up to the whole input; Stop ends it";

const AREAS: Required<GroupKind>["made"] = { label: "Regions of", named: unitsLabel };

export function createGroupFields(actions: GroupActions, signal: AbortSignal, made = AREAS) {
  const scorer = selectField("Scorer", (value) => actions.ask({ scorer: value }), signal, SCORER_HINT);
  const remake = (value: string) => {
    actions.select([]); // the numbers of the old ones
    actions.ask({ units: JSON.parse(value) });
  };
  const units = selectField(made.label, remake, signal, UNITS_HINT);
  const grow = make(
    "button",
    { type: "button", class: "whylight-button", title: GROW_HINT },
    "Build the hierarchy",
  );
  grow.addEventListener("click", () => actions.grow(), { signal });
  const fields = [scorer, units];
  const node = make("div", { class: "whylight-groups-head" }, ...fields.map((field) => field.node), grow);
  const sync = ({ choices, options, groups, state }: GroupsState, growable: boolean) => {
    scorer.offer(withValue(choices.scorers, options.scorer, groups?.meta.scorer_label), options.scorer);
    const now = Array.isArray(options.units) ? OWN_AREAS : JSON.stringify(options.units ?? null);
    units.offer(withValue(choices.units, now, made.named(options.units)), now);
    units.node.hidden = !choices.units?.length;
    grow.hidden = !growable;
    for (const { select } of fields) select.disabled = state === "static";
  };
  return { node, sync };
}
