// The kinds of inputs that have groups, one line each.
import { ImageSubject } from "../../views/image";
import { SignalSubject } from "../../views/signal";
import { TextSubject } from "../../views/text";
import { registerGroups } from "./kind";
import { phraseKind } from "./phrases";
import { regionKind } from "./regions";
import { windowKind } from "./windows";

registerGroups(TextSubject, ({ input }) => phraseKind(input));
registerGroups(ImageSubject, ({ photo }) => regionKind(photo));
registerGroups(SignalSubject, ({ signal }) => windowKind(signal));

export { groupKindOf } from "./kind";
export { createGroupsPanel, type GroupsPanel } from "./panel";
