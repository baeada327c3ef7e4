// The kinds of inputs that have groups, one line each.
import { ImageSubject } from "../../views/image";
import { SignalSubject } from "../../views/signal";
import { TextSubject } from "../../views/text";
import { VideoSubject } from "../../views/video";
import { VolumeSubject } from "../../views/volume";
import { registerGroups } from "./kind";
import { phraseKind } from "./phrases";
import { pictureGround, regionKind } from "./regions";
import { windowKind } from "./windows";

registerGroups(TextSubject, ({ input }) => phraseKind(input));
registerGroups(ImageSubject, ({ photo }) => regionKind(pictureGround(photo)));
registerGroups(SignalSubject, ({ signal }) => windowKind(signal));
registerGroups(VolumeSubject, (subject) => regionKind(subject.ground));
registerGroups(VideoSubject, (subject) => regionKind(subject.ground));

export { groupKindOf } from "./kind";
export { createGroupsPanel, type GroupsPanel } from "./panel";
