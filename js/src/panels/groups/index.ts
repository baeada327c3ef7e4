// The kinds of inputs that have groups, one line each.
import { ImageSubject } from "../../views/image";
import { TextSubject } from "../../views/text";
import { registerGroups } from "./kind";
import { phraseKind } from "./phrases";
import { regionKind } from "./regions";

registerGroups(TextSubject, ({ input }) => phraseKind(input));
registerGroups(ImageSubject, ({ photo }) => regionKind(photo));

export { groupKindOf } from "./kind";
export { createGroupsPanel, type GroupsPanel } from "./panel";
