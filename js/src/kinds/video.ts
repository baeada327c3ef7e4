// Videos, and their groups.

import { regionKind } from "../panels/groups/regions";
import { registerGroups } from "../panels/groups/register";
import { registerKind } from "../views/kind";
import { VideoSubject, video } from "../views/video";

registerKind(video);
registerGroups(VideoSubject, (subject) => regionKind(subject.ground));
