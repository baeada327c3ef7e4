// Offers the panel of groups where the input has groups that can be scored.
import { registerPanel } from "../panel";
import { groupKindOf } from "./kind";
import { createGroupsPanel } from "./panel";

registerPanel(({ subject, feed, choices, select }, signal) => {
  const kind = choices.scorers?.length ? groupKindOf(subject) : null;
  if (!kind) return null;
  const actions = {
    follow: (open: boolean) => feed.follow("groups", open),
    ask: feed.ask.bind(feed),
    grow: () => feed.grow(),
    select,
  };
  const erase = { erase: (change: Parameters<typeof feed.edit>[0]) => feed.edit(change) };
  return createGroupsPanel(kind, { ...actions, ...(choices.editable?.[0] === "areas" && erase) }, signal);
});
