// Volumes, and their groups.

import { regionKind } from "../panels/groups/regions";
import { registerGroups } from "../panels/groups/register";
import { registerKind } from "../views/kind";
import { VolumeSubject, volume } from "../views/volume";

registerKind(volume);
registerGroups(VolumeSubject, (subject) => regionKind(subject.ground));
