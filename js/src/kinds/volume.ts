// Volumes, and their groups.
import "../panels/groups/offer";
import "../panels/path/offer";
import { registerGroups } from "../panels/groups/kind";
import { regionKind } from "../panels/groups/regions";
import { registerKind } from "../views/kind";
import { VolumeSubject, volume } from "../views/volume";

registerKind(volume);
registerGroups(VolumeSubject, (subject) => regionKind(subject.ground));
